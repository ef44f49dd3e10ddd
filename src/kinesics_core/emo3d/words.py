"""The vocabulary of the descriptions: words, facial signs and events of each emotion.

Authored. Words are ordered mild, marked, strong; a facial sign carries the action units (FACS) that
it names, so that what a text says of a face is on the face. Lists are cut into what trains,
validates and tests by ``part``: a test sentence shares no emotion word, sign or event with the
training.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

PARTS = ("train", "validation", "test")
"""Parts of a data set."""

_PATTERN = ("train", "test", "train", "validation", "train")

Item = TypeVar("Item")


def part(items: Sequence[Item], name: str) -> list[Item]:
    """Return the items of a list that belong to a part: of five, three train, one tests."""
    return [item for index, item in enumerate(items) if _PATTERN[index % 5] == name]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one emotion.

    Attributes:
        adjectives: Mild, marked, strong ones, such as "sad".
        nouns: Mild, marked, strong ones, such as "sorrow".
        signs: (noun phrase after "with", action units and their strength).
        events: Predicates of what happened; "{his}" and "{he}" are the person's pronouns.
    """

    adjectives: tuple[tuple[str, ...], ...]
    nouns: tuple[tuple[str, ...], ...]
    signs: tuple[tuple[str, dict[str, float]], ...]
    events: tuple[str, ...]


VOCABULARY: dict[str, Vocabulary] = {
    "happiness": Vocabulary(
        (("content", "pleased", "cheerful", "glad", "good-humoured"),
         ("happy", "joyful", "delighted", "merry", "beaming"),
         ("ecstatic", "overjoyed", "elated", "jubilant", "euphoric")),
        (("contentment", "satisfaction", "good cheer", "gladness", "pleasure"),
         ("happiness", "joy", "delight", "gaiety", "merriment"),
         ("ecstasy", "elation", "euphoria", "jubilation", "bliss")),
        (("a broad smile", {"AU12": 0.9, "AU6": 0.7}),
         ("a wide grin", {"AU12": 1.0, "AU6": 0.6, "AU26": 0.3}),
         ("bright eyes and raised cheeks", {"AU6": 0.9, "AU12": 0.6}),
         ("crow's feet around {his} eyes", {"AU6": 1.0, "AU12": 0.5}),
         ("the corners of {his} mouth turned up", {"AU12": 0.7}),
         ("laughing eyes", {"AU6": 0.8, "AU12": 0.7}),
         ("{his} teeth showing in a smile", {"AU12": 0.9, "AU10": 0.4, "AU6": 0.5}),
         ("lips that curl upwards", {"AU12": 0.6})),
        ("has just been told that {he} won the first prize", "is hugging an old friend at last",
         "hears that the baby is healthy", "is opening a birthday present",
         "passed the examination with honours", "is dancing at {his} daughter's wedding",
         "was offered the job {he} dreamed of", "sees the puppy run towards {him}",
         "is told that the test came back clear", "watches {his} team score the winning goal"),
    ),
    "anger": Vocabulary(
        (("annoyed", "irritated", "cross", "displeased", "peeved"),
         ("angry", "mad", "indignant", "hostile", "resentful"),
         ("furious", "enraged", "livid", "seething", "irate")),
        (("annoyance", "irritation", "displeasure", "vexation", "impatience"),
         ("anger", "indignation", "hostility", "resentment", "ire"),
         ("rage", "fury", "wrath", "outrage", "blind rage")),
        (("lowered brows", {"AU4": 0.9}),
         ("tightly pressed lips", {"AU24": 0.9}),
         ("a hard stare", {"AU5": 0.5, "AU7": 0.6, "AU4": 0.5}),
         ("a deep furrow between {his} brows", {"AU4": 1.0}),
         ("narrowed eyes", {"AU7": 0.9}),
         ("eyebrows drawn together", {"AU4": 0.9, "AU7": 0.4}),
         ("a clenched jaw and thin lips", {"AU24": 0.8, "AU17": 0.4}),
         ("glaring eyes", {"AU5": 0.7, "AU4": 0.6})),
        ("has been cheated out of {his} savings", "finds that somebody scratched {his} car",
         "was insulted in front of everyone", "hears the neighbours drill again at midnight",
         "is told that the flight is overbooked once more", "catches the thief with {his} bag",
         "was blamed for a mistake {he} did not make", "sees a man kick a dog",
         "has been lied to for months", "is shouting at the referee"),
    ),
    "surprise": Vocabulary(
        (("puzzled", "taken aback", "intrigued", "caught off guard", "mildly startled"),
         ("surprised", "astonished", "startled", "wide-eyed", "amazed"),
         ("stunned", "flabbergasted", "dumbfounded", "thunderstruck", "speechless with amazement")),
        (("curiosity", "wonder", "puzzlement", "mild surprise", "disbelief"),
         ("surprise", "astonishment", "amazement", "sudden wonder", "bewilderment"),
         ("utter astonishment", "stupefaction", "sheer amazement", "total disbelief",
          "overwhelming surprise")),
        (("raised eyebrows", {"AU1": 0.9, "AU2": 0.9}),
         ("eyebrows that shoot up", {"AU1": 1.0, "AU2": 1.0}),
         ("wide open eyes", {"AU5": 0.9}),
         ("a mouth that falls open", {"AU26": 0.8}),
         ("a dropped jaw", {"AU26": 1.0}),
         ("round eyes and arched brows", {"AU5": 0.7, "AU1": 0.8, "AU2": 0.9}),
         ("parted lips and lifted brows", {"AU26": 0.4, "AU1": 0.7, "AU2": 0.7}),
         ("{his} forehead wrinkled by lifted brows", {"AU1": 1.0, "AU2": 0.9})),
        ("walks into {his} own surprise party", "did not expect anyone behind the door",
         "sees snow fall in July", "finds a banknote in an old coat",
         "hears that {his} quiet colleague is a famous singer",
         "watches the magician's hat fly off", "opens the box and finds it empty",
         "meets {his} twin by accident", "is called to the stage without warning",
         "learns that the house is older than the town"),
    ),
    "sadness": Vocabulary(
        (("wistful", "downcast", "glum", "melancholy", "blue"),
         ("sad", "sorrowful", "unhappy", "dejected", "mournful"),
         ("heartbroken", "devastated", "grief-stricken", "desolate", "inconsolable")),
        (("melancholy", "wistfulness", "disappointment", "gloom", "regret"),
         ("sadness", "sorrow", "unhappiness", "dejection", "heartache"),
         ("despair", "grief", "anguish", "misery", "desolation")),
        (("the corners of {his} mouth pulled down", {"AU15": 0.9}),
         ("downturned lips", {"AU15": 0.8, "AU17": 0.3}),
         ("inner brows drawn up", {"AU1": 0.9, "AU4": 0.4}),
         ("a trembling chin", {"AU17": 0.9, "AU15": 0.4}),
         ("drooping eyelids", {"AU43": 0.35, "AU1": 0.5}),
         ("tearful eyes and slanted brows", {"AU1": 0.9, "AU4": 0.4, "AU15": 0.4}),
         ("a frowning mouth", {"AU15": 1.0}),
         ("a lowered gaze and heavy lids", {"AU43": 0.4, "AU1": 0.4})),
        ("has just lost {his} mother", "is reading the last letter of an old friend",
         "stands alone at the empty platform", "buries the family dog in the garden",
         "has been left by the person {he} loved", "finds the nursery empty",
         "is told that nothing more can be done", "misses home more than ever",
         "has to sell the house {he} grew up in", "looks at a photograph of those who are gone"),
    ),
    "disgust": Vocabulary(
        (("squeamish", "put off", "averse", "reluctant to touch it", "a little queasy"),
         ("disgusted", "grossed out", "sickened", "nauseated", "repelled"),
         ("revolted", "utterly repulsed", "sick to the stomach", "appalled by the stench",
          "ready to vomit")),
        (("distaste", "aversion", "dislike", "queasiness", "squeamishness"),
         ("disgust", "repugnance", "nausea", "loathing", "repulsion"),
         ("revulsion", "abhorrence", "utter loathing", "extreme disgust", "sickening horror")),
        (("a wrinkled nose", {"AU9": 0.9}),
         ("a nose that crinkles up", {"AU9": 1.0, "AU4": 0.4}),
         ("a raised upper lip", {"AU10": 0.9}),
         ("lips curled away from {his} teeth", {"AU10": 0.8, "AU16": 0.3}),
         ("a lowered lip and pushed out chin", {"AU16": 0.6, "AU17": 0.6}),
         ("wrinkles along the sides of {his} nose", {"AU9": 0.9, "AU10": 0.4}),
         ("narrowed eyes and a curled lip", {"AU7": 0.5, "AU10": 0.8}),
         ("a grimace as if {he} smelled something foul", {"AU9": 0.9, "AU10": 0.6, "AU15": 0.4})),
        ("bites into an apple and finds half a worm", "smells milk that went sour weeks ago",
         "steps barefoot into dog dirt", "pulls a clump of hair out of the drain",
         "sees maggots crawl over the meat", "has to empty a bucket of vomit",
         "finds a cockroach in the soup", "watches him pick his nose and eat it",
         "opens the bin after two hot weeks", "touches something slimy under the sink"),
    ),
    "contempt": Vocabulary(
        (("unimpressed", "dismissive", "condescending", "aloof", "patronising"),
         ("contemptuous", "disdainful", "scornful", "smug", "haughty"),
         ("utterly contemptuous", "full of scorn", "derisive", "sneering", "withering")),
        (("condescension", "superiority", "dismissal", "smugness", "mockery"),
         ("contempt", "disdain", "scorn", "derision", "arrogance"),
         ("utter contempt", "open scorn", "withering disdain", "cold derision",
          "total disrespect")),
        (("one corner of {his} mouth tightened", {"L_AU14": 0.9}),
         ("a one-sided smirk", {"L_AU12": 0.5, "L_AU14": 0.7}),
         ("a sneer on one side", {"L_AU10": 0.5, "L_AU14": 0.8}),
         ("{his} lip raised on one side", {"L_AU10": 0.6, "L_AU14": 0.6}),
         ("a crooked half smile", {"L_AU12": 0.6, "L_AU14": 0.6}),
         ("a dimple pressed into one cheek", {"L_AU14": 1.0}),
         ("a mocking curl of the lip", {"L_AU14": 0.8, "L_AU12": 0.4}),
         ("half-closed eyes and a smirk", {"AU43": 0.25, "L_AU14": 0.8})),
        ("listens to the braggart's cheap excuses", "thinks that the others are beneath {him}",
         "looks down on the beginner's work", "watches the coward run away",
         "considers the offer an insult to {his} rank", "mocks the losers as they leave",
         "hears the liar swear again", "dismisses the amateur's opinion with a glance",
         "sees the snob fawn over the rich guest", "thinks little of people who cheat"),
    ),
    "fear": Vocabulary(
        (("uneasy", "worried", "nervous", "anxious", "apprehensive"),
         ("afraid", "scared", "frightened", "fearful", "alarmed"),
         ("terrified", "petrified", "horrified", "panic-stricken", "frozen with fright")),
        (("worry", "unease", "nervousness", "anxiety", "apprehension"),
         ("fear", "fright", "alarm", "dread", "trepidation"),
         ("terror", "horror", "panic", "mortal fear", "abject terror")),
        (("eyes wide with raised and drawn brows",
          {"AU1": 0.9, "AU2": 0.6, "AU4": 0.5, "AU5": 0.9}),
         ("staring eyes and stretched lips", {"AU5": 1.0, "AU20": 0.8}),
         ("lips stretched back", {"AU20": 0.9}),
         ("brows raised and pulled together", {"AU1": 1.0, "AU2": 0.6, "AU4": 0.6}),
         ("tense lower lids and wide eyes", {"AU5": 0.8, "AU7": 0.5}),
         ("a tense, half-open mouth", {"AU20": 0.7, "AU26": 0.3}),
         ("the whites of {his} eyes showing", {"AU5": 1.0, "AU1": 0.5}),
         ("a quivering, stretched mouth", {"AU20": 0.8, "AU16": 0.3})),
        ("hears footsteps in the dark behind {him}", "is hanging from the edge of the cliff",
         "sees the bear rise in front of the tent", "feels the aeroplane drop suddenly",
         "cannot find {his} child in the crowd", "is waiting for the surgeon's verdict",
         "looks into the barrel of a gun", "wakes up to smoke under the door",
         "is alone with the snake in the room", "knows that the brakes have failed"),
    ),
    "neutral": Vocabulary(
        (("calm", "composed", "serene", "at ease", "relaxed"),
         ("neutral", "expressionless", "impassive", "blank", "unemotional"),
         ("indifferent", "deadpan", "emotionless", "stone-faced", "stoic")),
        (("calmness", "composure", "serenity", "ease", "quiet attention"),
         ("neutrality", "impassiveness", "a blank look", "detachment", "no emotion"),
         ("indifference", "complete calm", "stoicism", "total neutrality", "an empty look")),
        (("a relaxed face", {}), ("a resting mouth", {}), ("smooth brows", {}),
         ("lips gently closed", {}), ("an even gaze", {}), ("a still face", {}),
         ("unmoved features", {}), ("a plain look", {})),
        ("is waiting for the bus", "reads the timetable", "is writing down the address",
         "stands in the queue", "listens to the weather report", "is looking at the screen",
         "sorts the mail", "is sitting in the lecture hall", "turns a page",
         "has {his} passport photo taken"),
    ),
}  # fmt: skip

BLENDS: tuple[tuple[str, str, dict[str, float]], ...] = (
    ("bittersweet", "bittersweetness", {"happiness": 0.5, "sadness": 0.5}),
    ("nostalgic", "nostalgia", {"sadness": 0.5, "happiness": 0.4, "neutral": 0.1}),
    ("awestruck", "awe", {"surprise": 0.6, "fear": 0.25, "happiness": 0.15}),
    ("shocked", "shock", {"surprise": 0.6, "fear": 0.4}),
    ("pleasantly surprised", "pleasant surprise", {"surprise": 0.55, "happiness": 0.45}),
    ("thrilled", "a thrill", {"happiness": 0.7, "surprise": 0.3}),
    ("outraged at the filth", "moral disgust", {"anger": 0.5, "disgust": 0.5}),
    ("hateful", "hatred", {"anger": 0.55, "disgust": 0.35, "contempt": 0.1}),
    ("bitter", "bitterness", {"anger": 0.45, "sadness": 0.4, "contempt": 0.15}),
    ("ashamed", "shame", {"sadness": 0.6, "fear": 0.3, "disgust": 0.1}),
    ("jealous", "jealousy", {"anger": 0.45, "sadness": 0.35, "fear": 0.2}),
    ("gloating", "spiteful glee", {"happiness": 0.5, "contempt": 0.5}),
    ("frustrated", "frustration", {"anger": 0.65, "sadness": 0.35}),
    ("desperate", "desperation", {"sadness": 0.5, "fear": 0.5}),
    ("aghast", "consternation", {"fear": 0.45, "surprise": 0.35, "disgust": 0.2}),
    ("proud and superior", "hubris", {"happiness": 0.4, "contempt": 0.6}),
    ("sarcastic", "sarcasm", {"contempt": 0.65, "happiness": 0.2, "anger": 0.15}),
    ("relieved", "relief", {"happiness": 0.6, "neutral": 0.25, "surprise": 0.15}),
    ("confused", "confusion", {"surprise": 0.5, "neutral": 0.35, "fear": 0.15}),
    ("bored", "boredom", {"neutral": 0.7, "sadness": 0.2, "contempt": 0.1}),
)
"""(adjective, noun, distribution) of words that name more than one emotion."""
