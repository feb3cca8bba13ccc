"""Stories that only one of the two has."""

from __future__ import annotations

from .stories import Ask, Beat, Story

__all__ = ["EXTRAS"]

EXTRAS: tuple[Story, ...] = (
    Story(
        "allergy",
        (
            Beat(
                (
                    (
                        "!I had to see a doctor. It turns out that I'm allergic to {food[to]}.",
                        "Oh no, {me}. Take care of yourself.",
                    ),
                    (
                        "Eating out has become difficult.",
                        "Why is that?",
                        "!I can't have {food[to]} any more. The doctor says it's an allergy.",
                    ),
                ),
            ),
        ),
        (
            Ask(4, "What is {who} allergic to?", "{food[to]}", swap=True),
            Ask(3, "Would it be a good idea to offer {who} {food[dish]}?", "No"),
        ),
        {"food": "allergies"},
    ),
    Story(
        "visitor",
        (
            Beat(
                (
                    (
                        "!My {kin} {name} came to see me {when0}. We talked all night.",
                        "How nice! Family visits are precious.",
                    ),
                    (
                        "I hardly slept this week.",
                        "What kept you up?",
                        "!My {kin} {name} arrived {when0}, and we had so much to tell each other.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(4, "What is the name of {who}'s {kin}?", "{name}", swap=True),
            Ask(2, "When did {who}'s {kin} come to visit?", "{date0}", swap=True),
        ),
        {"kin": "relatives", "name": "relative_names"},
    ),
    Story(
        "book",
        (
            Beat(
                (
                    (
                        '!I just finished "{book[title]}". It\'s a novel about {book[about]}.',
                        "I'll put it on my list.",
                    ),
                    (
                        "Do you need something to read?",
                        "Always! What do you suggest?",
                        '!Try "{book[title]}". It tells of {book[about]}, and I loved it.',
                    ),
                ),
            ),
        ),
        (
            Ask(
                4,
                'What is "{book[title]}", which {who} read, about?',
                "{book[about]}",
                twist='What is the film "{book[title]}", which {who} watched, about?',
            ),
            Ask(4, "Which book did {who} read?", "{book[title]}", swap=True),
        ),
        {"book": "books"},
    ),
    Story(
        "bargains",
        (
            Beat(
                (
                    (
                        "!I went to the flea market and found {thing} for {price} euros.",
                        "What a bargain!",
                    ),
                    (
                        "!Guess what I paid for {thing} at the flea market: {price} euros!",
                        "That's nothing! Well done.",
                        "I know. I'm still happy about it.",
                    ),
                ),
            ),
            Beat(
                (
                    (
                        "!I was at the flea market again. This time I came home with {thing2}.",
                        "Soon you'll need a bigger flat!",
                    ),
                    (
                        "!I couldn't stay away from the flea market. Now I also own {thing2}.",
                        "You really have an eye for old things.",
                    ),
                ),
            ),
        ),
        (
            Ask(1, "What has {who} bought at the flea market?", "{thing}, {thing2}", (0, 1)),
            Ask(4, "How much did {who} pay for {thing}?", "{price} euros", swap=True),
            Ask(
                4,
                "What did {who} buy on the second visit to the flea market?",
                "{thing2}",
                (1,),
                twist="What did {who} sell at the flea market?",
            ),
        ),
        {"thing": "bargains", "thing2": "bargains", "price": "prices"},
    ),
    Story(
        "races",
        (
            Beat(
                (
                    (
                        "!I took part in {race} {when0} and came {rank}!",
                        "Bravo, {me}! I couldn't even walk that far.",
                    ),
                    (
                        "My legs still hurt.",
                        "What did you do to them?",
                        "!I ran {race} {when0}. I came {rank}, which is fine with me.",
                    ),
                ),
                when="recent",
            ),
            Beat(
                (
                    (
                        "!I did it again: I ran {race2} {when1}.",
                        "You're unstoppable!",
                    ),
                    (
                        "!Another medal for the drawer! I finished {race2} {when1}.",
                        "I'm impressed. Don't overdo it, though.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(2, "When did {who} run {race}?", "{date0}", swap=True),
            Ask(4, "Which place did {who} reach in {race}?", "{rank}", swap=True),
            Ask(1, "Which races has {who} run?", "{race}, {race2}", (0, 1)),
            Ask(2, "When did {who} run {race2}?", "{date1}", (1,), swap=True),
        ),
        {"race": "races", "race2": "races", "rank": "ranks"},
    ),
    Story(
        "language",
        (
            Beat(
                (
                    (
                        "!I've signed up for {language[name]} lessons, every {day} evening.",
                        "Impressive! Is it hard?",
                        "Very. But the teacher is patient.",
                    ),
                    (
                        "!On {day} evenings I'm learning {language[name]} now. It's hard work.",
                        "Soon you'll have to teach me a few words.",
                    ),
                ),
            ),
        ),
        (
            Ask(4, "Which language is {who} learning?", "{language[name]}", swap=True),
            Ask(
                3,
                "Which country could {who} travel to in order to practise the new language?",
                "{language[country]}",
            ),
            Ask(4, "On which day does {who} have language lessons?", "{day}", swap=True),
        ),
        {"language": "languages", "day": "weekdays"},
    ),
    Story(
        "trip",
        (
            Beat(
                (
                    (
                        "!I was in {city[name]} {when0}, just for a few days. I loved it.",
                        "Lucky you! I've always wanted to go there.",
                    ),
                    (
                        "I finally took some time off.",
                        "Good! Did you go anywhere?",
                        "!Yes, I travelled to {city[name]} {when0}. I walked until my feet hurt.",
                    ),
                ),
                when="last month",
            ),
        ),
        (
            Ask(2, "When did {who} travel to {city[name]}?", "{date0}", swap=True),
            Ask(3, "Which country did {who} travel to?", "{city[country]}"),
            Ask(3, "Which famous sight could {who} have seen on the trip?", "{city[sight]}"),
        ),
        {"city": "cities"},
    ),
    Story(
        "dish",
        (
            Beat(
                (
                    (
                        "!I cooked {dish} tonight. It's still my favourite dish.",
                        "Now I'm hungry.",
                    ),
                    (
                        "What's your favourite food, by the way?",
                        "I'd have to think about that. And yours?",
                        "!It's {dish}, no question.",
                    ),
                ),
            ),
            Beat(
                (
                    (
                        "!I had {dish} for the first time, and now that's my favourite dish too!",
                        "I knew you'd like it.",
                    ),
                    (
                        "!I cooked {dish} because of you. You were right, nothing tastes better!",
                        "I'm so glad you tried it.",
                    ),
                ),
                told_by_friend=True,
            ),
        ),
        (Ask(1, "Which dish do both {who} and {you} love?", "{dish}", (0, 1)),),
        {"dish": "dishes"},
    ),
    Story(
        "volunteer",
        (
            Beat(
                (
                    (
                        "!I help out at {cause} every {day} now. It does me good.",
                        "That's kind of you, {me}.",
                    ),
                    (
                        "I was looking for something useful to do.",
                        "And, did you find it?",
                        "!Yes, I joined {cause}. I'm there every {day}.",
                    ),
                ),
            ),
        ),
        (
            Ask(4, "Where does {who} volunteer?", "{cause}", swap=True),
            Ask(4, "On which day does {who} help out at {cause}?", "{day}", swap=True),
        ),
        {"cause": "causes", "day": "weekdays"},
    ),
    Story(
        "concert",
        (
            Beat(
                (
                    (
                        "!I saw {band} on stage {when0}. My ears are still ringing!",
                        "I hope they played the old songs.",
                        "All of them!",
                    ),
                    (
                        "!There was a concert {when0}, and I was there: {band}! What a night.",
                        "I'm jealous, {me}.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(4, "Which band did {who} see?", "{band}", swap=True),
            Ask(2, "When did {who} see {band}?", "{date0}", swap=True),
        ),
        {"band": "bands"},
    ),
    Story(
        "mishap",
        (
            Beat(
                (
                    (
                        "!Silly me, I dropped my {gadget} {mishap} {when0}. It's broken.",
                        "Oh no! Can it be repaired?",
                        "I'm afraid not.",
                    ),
                    (
                        "I need to save money now.",
                        "Why, what happened?",
                        "!My {gadget} fell {mishap} {when0}. I have to buy a new one.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(4, "Where did {who}'s {gadget} fall?", "{mishap}", swap=True),
            Ask(2, "When did {who}'s {gadget} break?", "{date0}", swap=True),
        ),
        {"gadget": "gadgets", "mishap": "mishaps"},
    ),
)
"""What one of the two has; the other is asked about it in adversarial questions."""
