"""Stories that everybody has: work, a home, a pet, a hobby and a plan."""

from __future__ import annotations

from .stories import Ask, Beat, Story

__all__ = ["BASE", "UPDATES"]

_HOME = Beat(
    (
        (
            "!I'm still in my little flat in {city[name]}, {flat}. It's home.",
            "That sounds cosy, {me}.",
        ),
        (
            "Have I ever told you where I live?",
            "I don't think so. Where is it?",
            "!My flat is in {city[name]}, {flat}. Small, but I like it.",
        ),
        (
            "!I woke up early again. My flat in {city[name]} is {flat}, so it's never quiet.",
            "At least there's always something going on around you.",
        ),
    )
)

_JOB = Beat(
    (
        (
            "!Work keeps me busy. I'm a {job[title]} at {job[place]}, so the days are long.",
            "I can imagine. Do you enjoy it?",
            "Most days, yes. The people are great.",
        ),
        (
            "How's work going?",
            "Slowly, to be honest. What about you, {me}?",
            "!It's fine. I still work as a {job[title]} at {job[place]}.",
        ),
        (
            "!A long week at {job[place]} is behind me. Being a {job[title]} is tiring.",
            "You deserve a rest, {me}.",
        ),
    )
)

_PET = Beat(
    (
        (
            "!Something wonderful happened: I adopted a {pet} {when0}! I named it {name}.",
            "Congratulations! {name} is a perfect name.",
        ),
        (
            "!I have a new flatmate. I brought home a {pet} {when0}, and it is called {name}.",
            "How sweet! I can't wait to meet {name}.",
            "You'll love each other, I'm sure.",
        ),
        (
            "I'm not alone at home any more!",
            "Oh? Tell me everything, {me}.",
            "!I adopted a {pet} {when0}. Its name is {name}, and it already rules the place.",
        ),
    ),
    when="recent",
)

_PET_ASKS = (
    Ask(2, "When did {who} adopt a {pet}?", "{date0}", swap=True),
    Ask(4, "What kind of animal did {who} adopt?", "a {pet}"),
)

_HOBBY = Beat(
    (
        (
            "!I took up {hobby[name]} {when0}, and I still can't get enough of it.",
            "It's good to have something like that.",
        ),
        (
            "What do you do in your free time these days?",
            "Mostly nothing, I admit. And you?",
            "!I spend every free hour on {hobby[name]}. I started with it {when0}.",
        ),
        (
            "!You know what calms me down? It's {hobby[name]}. I first tried it {when0}.",
            "I should try that as well some day.",
        ),
    ),
    when="years ago",
)

BASE: tuple[Story, ...] = (
    Story(
        "job",
        (_JOB,),
        (
            Ask(4, "Where does {who} work?", "{job[place]}"),
            Ask(3, "Is {who} likely to {job[guess]}?", "{job[answer]}"),
        ),
        {"job": "jobs"},
        early=True,
    ),
    Story(
        "home",
        (_HOME,),
        (
            Ask(4, "In which city does {who} live?", "{city[name]}"),
            Ask(4, "Where exactly is {who}'s flat?", "{flat}"),
            Ask(3, "In which country does {who} live?", "{city[country]}"),
            Ask(3, "Which famous sight could {who} visit close to home?", "{city[sight]}"),
        ),
        {"city": "cities", "flat": "flats"},
        early=True,
    ),
    Story(
        "pet",
        (_PET,),
        (
            *_PET_ASKS,
            Ask(
                4,
                "What is the name of {who}'s {pet}?",
                "{name}",
                swap=True,
                twist="What is the name of {who}'s {other}?",
            ),
        ),
        {"pet": "pets", "other": "pets", "name": "pet_names"},
    ),
    Story(
        "hobby",
        (_HOBBY,),
        (
            Ask(2, "When did {who} begin with {hobby[name]}?", "{date0}", swap=True),
            Ask(4, "Which hobby does {who} have?", "{hobby[name]}"),
        ),
        {"hobby": "hobbies"},
    ),
    Story(
        "plan",
        (
            Beat(
                (
                    (
                        "!I've decided something. I'll {plan} {when0}!",
                        "That's brave. I'm already proud of you.",
                    ),
                    (
                        "Do you have any plans?",
                        "Not really. You?",
                        "!I'm going to {plan} {when0}. I'm nervous, but it will be fun.",
                    ),
                    (
                        "!Don't laugh, but I'll {plan} {when0}. It's all arranged.",
                        "I'd never laugh. You'll do well, {me}.",
                        "Thanks, that helps.",
                    ),
                ),
                when="soon",
            ),
        ),
        (
            Ask(2, "When is {who} planning to {plan}?", "{date0}", swap=True),
            Ask(4, "What is {who} planning to do?", "{plan}"),
        ),
        {"plan": "plans"},
    ),
)
"""What everybody has: work, a home, a pet, a hobby and a plan."""

UPDATES: tuple[Story, ...] = (
    Story(
        "job",
        (
            _JOB,
            Beat(
                (
                    (
                        "!I have a new job! I started as a {job2[title]} at {job2[place]} {when1}.",
                        "Wow, {me}! That's quite a change.",
                        "It is, but I needed one.",
                    ),
                    (
                        "You won't believe it, I quit my job.",
                        "Really? What are you going to do now?",
                        "!I'm a {job2[title]} at {job2[place]} now. I began there {when1}.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(4, "What is {who}'s new job?", "{job2[title]}", (1,), swap=True),
            Ask(1, "Which jobs has {who} had?", "{job[title]}, {job2[title]}", (0, 1)),
            Ask(2, "When did {who} start as a {job2[title]}?", "{date1}", (1,), swap=True),
            Ask(3, "Is {who} now likely to {job2[guess]}?", "{job2[answer]}", (1,)),
        ),
        {"job": "jobs", "job2": "jobs"},
        early=True,
    ),
    Story(
        "home",
        (
            _HOME,
            Beat(
                (
                    (
                        "!I've moved! I left {city[name]} and settled in {city2[name]} {when1}.",
                        "I had no idea! Do you like it there?",
                        "So far, yes. I still get lost all the time.",
                    ),
                    (
                        "My old flat is history.",
                        "Wait, you moved out?",
                        "!Yes, I moved to {city2[name]} {when1}. There are boxes everywhere.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(4, "Where did {who} move to?", "{city2[name]}", (1,), swap=True),
            Ask(1, "Which cities has {who} lived in?", "{city[name]}, {city2[name]}", (0, 1)),
            Ask(2, "When did {who} move to {city2[name]}?", "{date1}", (1,), swap=True),
            Ask(3, "In which country does {who} live after moving?", "{city2[country]}", (1,)),
            Ask(3, "Which famous sight could {who} visit in the new city?", "{city2[sight]}", (1,)),
        ),
        {"city": "cities", "city2": "cities", "flat": "flats"},
        early=True,
    ),
    Story(
        "pet",
        (
            _PET,
            Beat(
                (
                    (
                        "!A small change at home: the {pet} is called {name2} now.",
                        "What was wrong with the old name?",
                        "It never listened to it. It does to the new one.",
                    ),
                    (
                        "!We had to rename the {pet}. It only comes when I shout {name2}.",
                        "Then it chose for itself!",
                    ),
                ),
            ),
        ),
        (
            *_PET_ASKS,
            Ask(4, "What is {who}'s {pet} called now?", "{name2}", (1,), swap=True),
            Ask(1, "Which names has {who}'s {pet} had?", "{name}, {name2}", (0, 1)),
        ),
        {"pet": "pets", "name": "pet_names", "name2": "pet_names"},
    ),
    Story(
        "hobby",
        (
            _HOBBY,
            Beat(
                (
                    (
                        "!I treated myself {when1} and bought {hobby[gear]} for {hobby[name]}.",
                        "You've earned it, {me}.",
                    ),
                    (
                        "I spent too much money again.",
                        "On what this time?",
                        "!I got {hobby[gear]} {when1}. For {hobby[name]}, of course.",
                    ),
                ),
                when="recent",
            ),
        ),
        (
            Ask(2, "When did {who} begin with {hobby[name]}?", "{date0}", swap=True),
            Ask(2, "When did {who} buy {hobby[gear]}?", "{date1}", (1,), swap=True),
            Ask(4, "What did {who} buy for {hobby[name]}?", "{hobby[gear]}", (1,), swap=True),
        ),
        {"hobby": "hobbies"},
    ),
)
"""The same with a change later on; each takes the place of the story of its topic."""
