"""How often each builder is asked, and what it is asked for."""

import task_absa
import task_label
import task_ner
import task_pair
import task_qa
import task_structure
from sample import Sample

MIXTURE = [
    (task_ner.news, 34), (task_ner.invented, 7), (task_label.sentiment, 12), (task_label.short_sentiment, 3), (task_label.emotion, 2), (task_label.topic, 15),
    (task_pair.match, 12), (task_pair.nli, 4), (task_pair.reply, 2), (task_pair.coreference, 1), (task_structure.relation, 7), (task_structure.event, 5),
    (task_absa.absa, 5), (task_qa.cloze, 5), (task_qa.asked_scene, 7), (task_qa.choice, 7),
]


def raw(world, inventor):
    """Text alone: only its hidden characters are to be guessed."""
    return Sample(inventor.rng.choice(world.raw), [], task="raw")


def draw(world, inventor, raw_share=0.1):
    if inventor.rng.random() < raw_share:
        return raw(world, inventor)
    builder = inventor.rng.choices([b for b, _ in MIXTURE], [w for _, w in MIXTURE])[0]
    return builder(world, inventor)
