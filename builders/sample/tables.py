"""What invented people can be, have and do; every list is dealt without repeats."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["NAMES", "TABLES", "Value"]

Value = str | Mapping[str, str]
"""A word or phrase, or several that belong together."""


def _rows(fields: str, text: str) -> tuple[Mapping[str, str], ...]:
    names = fields.split()
    rows = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


def _list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.replace("\n", " ").split(","))


NAMES: tuple[tuple[str, ...], tuple[str, ...]] = (
    _list(
        """Nora, Tomas, Amina, Felix, Greta, Ravi, Lucia, Oscar, Yara, Henrik, Paula, Kenji, Selma,
        Marco, Ingrid, Dario, Leila, Bruno, Hanna, Samir, Elsa, Victor, Mina, Rolf, Clara, Emil,
        Rosa, Anton, Freya, Luis"""
    ),
    _list(
        """Ben, Vera, Omar, Ida, Pavel, Dina, Leon, Marta, Jonas, Aiko, Hugo, Tess, Malik, Birgit,
        Carlo, Zoe, Stefan, Priya, Nils, Eva, Theo, Farah, Gus, Linnea, Arne, Bianca, Cyril, Olga,
        Piet, Wanda"""
    ),
)
"""First names of the two speakers."""

TABLES: Mapping[str, tuple[Value, ...]] = {
    "cities": _rows(
        "name country sight",
        """
        Lisbon | Portugal | the Belém Tower
        Oslo | Norway | the Viking ships
        Kyoto | Japan | the Golden Pavilion
        Dublin | Ireland | Trinity College
        Vienna | Austria | Schönbrunn Palace
        Athens | Greece | the Parthenon
        Cairo | Egypt | the pyramids
        Toronto | Canada | the CN Tower
        Seville | Spain | the Alcázar
        Rome | Italy | the Colosseum
        Paris | France | the Eiffel Tower
        Krakow | Poland | Wawel Castle
        Helsinki | Finland | the Temple Square Church
        Berlin | Germany | the Brandenburg Gate
        Sydney | Australia | the Opera House
        Agra | India | the Taj Mahal
        Istanbul | Turkey | the Hagia Sophia
        Copenhagen | Denmark | the Little Mermaid
        Amsterdam | the Netherlands | the Rijksmuseum
        Prague | the Czech Republic | Charles Bridge
        """,
    ),
    "jobs": _rows(
        "title place guess answer",
        """
        baker | a small bakery by the station | start work before sunrise | Likely yes
        nurse | the children's hospital | know how to dress a wound | Yes
        bus driver | the city's bus company | have a driving licence | Yes
        librarian | the public library | be surrounded by novels at work | Yes
        beekeeper | a farm outside town | be scared of insects | Likely no
        carpenter | a furniture workshop | be able to build a bookshelf | Yes
        pilot | a regional airline | be afraid of heights | Likely no
        vet | an animal clinic | be able to treat a sick cat | Yes
        gardener | the botanical garden | spend most working days outdoors | Yes
        maths teacher | a secondary school | be able to explain fractions | Yes
        dentist | a practice near the market | know when a tooth needs a filling | Yes
        firefighter | the fire station in the old town | be in good physical shape | Likely yes
        tailor | a theatre workshop | be able to shorten a pair of trousers | Yes
        lifeguard | the public pool | be a poor swimmer | Likely no
        cook | a vegetarian restaurant | often need a sharp knife at work | Yes
        clerk | an insurance office | spend the working day on a ladder | Likely no
        """,
    ),
    "flats": _list(
        """above a shoe shop, next to the canal, behind the museum, across from a bakery,
        at the top of the hill, opposite the post office, by the tram stop, under a noisy café"""
    ),
    "pets": _list(
        "dog, cat, parrot, rabbit, tortoise, hamster, ferret, canary, hedgehog, guinea pig"
    ),
    "pet_names": _list(
        """Biscuit, Pepper, Mango, Waffles, Pickle, Juniper, Cosmo, Truffle, Noodle, Clover,
        Rusty, Olive, Sprout, Marble, Ginger, Button, Hazel, Dumpling, Pebble, Maple"""
    ),
    "hobbies": _rows(
        "name gear",
        """
        pottery | a second-hand potter's wheel
        climbing | a new rope
        birdwatching | a pair of binoculars
        chess | a travel chess set
        knitting | a basket of wool
        photography | an old film camera
        archery | a bow made of yew
        baking bread | a cast-iron pot
        fishing | a folding chair
        stargazing | a small telescope
        woodcarving | a set of chisels
        playing the cello | a padded cello case
        sailing | a waterproof jacket
        surfing | a longboard
        """,
    ),
    "plans": _list(
        """walk across Scotland, run a marathon, open a small café, take part in a cooking contest,
        build a greenhouse, spend a week in a monastery, cycle along the Danube,
        put on a photo exhibition, learn to drive a truck, plant an orchard,
        sing in a choir concert, repaint the kitchen"""
    ),
    "allergies": _rows(
        "to dish",
        """
        nuts | a slice of walnut cake
        shellfish | a plate of prawns
        strawberries | a strawberry tart
        milk | a banana milkshake
        eggs | a cheese omelette
        peanuts | noodles in satay sauce
        wheat | a bowl of ordinary spaghetti
        fish | a salmon sandwich
        """,
    ),
    "relatives": _list("sister, brother, cousin, aunt, uncle, grandmother"),
    "relative_names": _list(
        """Agnes, Boris, Celia, Dagmar, Edwin, Fiona, Gloria, Harvey, Irene, Jasper, Kirsten,
        Lionel, Mabel, Norbert, Odette, Quentin, Rupert, Sybil, Trudy, Winston"""
    ),
    "books": _rows(
        "title about",
        """
        The Salt Road | a smuggler's daughter
        Nine Quiet Winters | a lighthouse keeper
        The Glass Orchard | a family of apple growers
        A Map of Tides | a shipwrecked painter
        Letters to the North | two pen pals in wartime
        The Clockmaker's Debt | a clockmaker in trouble
        Under Paper Skies | a kite maker's apprentice
        The Last Ferry Home | a village without a bridge
        """,
    ),
    "bargains": _list(
        """a brass lamp, a wooden sledge, an old radio, a set of teacups, a typewriter,
        a leather suitcase, a record player, a wall mirror, a rocking chair, a picnic basket"""
    ),
    "prices": _list("9, 12, 15, 18, 22, 25, 28, 35, 40"),
    "races": _list(
        """the harbour run, the castle race, the lantern run, the forest relay, the bridge race,
        the mud run, the night run, the vineyard race"""
    ),
    "ranks": _list("third, fifth, seventh, ninth, tenth, eleventh, twelfth, last"),
    "languages": _rows(
        "name country",
        """
        Icelandic | Iceland
        Hungarian | Hungary
        Korean | South Korea
        Thai | Thailand
        Swedish | Sweden
        Bulgarian | Bulgaria
        Vietnamese | Vietnam
        Romanian | Romania
        """,
    ),
    "weekdays": _list("Monday, Tuesday, Wednesday, Thursday, Friday"),
    "dishes": _list(
        """mushroom risotto, onion soup, lentil curry, potato dumplings, pumpkin ravioli,
        vegetable paella, tomato stew, bean burritos, spinach pie, apple pancakes"""
    ),
    "causes": _list(
        """the animal shelter, the food bank, a repair café, the hospice, a homework club,
        the toy library, a community garden, the soup kitchen"""
    ),
    "bands": _list(
        """the Copper Foxes, Midnight Laundry, the Paper Captains, Velvet Harbour,
        the Slow Trains, Electric Marmalade, the Tin Sparrows, Northern Lemonade"""
    ),
    "gadgets": _list("phone, laptop, camera, watch, tablet, hearing aid"),
    "mishaps": _list(
        """in the bathtub, off a balcony, down the stairs, into a bucket of paint, in the lake,
        under a tram, into a fountain, in the soup"""
    ),
    "companions": _list(
        """Tilda, Igor, Beatrix, Ralph, Noemi, Fergus, Ottilie, Conrad, Miriam, Desmond, Salma,
        Alfie, Renate, Basil, Juno, Walter"""
    ),
    "company": _list(
        "my neighbour, my colleague, my old classmate, my cousin, my flatmate, my godchild"
    ),
}
"""Lists that stories draw from, by name."""
