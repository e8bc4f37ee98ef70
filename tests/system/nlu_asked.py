"""What the tests of Chinese by schema over HTTP ask, and how."""

from house import NLU, command, eventually

NAMES = {"人物": None, "地理位置": None}
GU = "谷爱凌在北京冬奥会上夺得金牌。"
QUESTIONS = [
    {"type": "choice", "name": "feeling", "instructions": "情感分类", "choices": [{"value": "good", "description": "正向"}, {"value": "bad", "description": "负向"}]},
    {"type": "predicate", "instructions": "这是好评吗？"},
    {"type": "score", "name": "tone", "instructions": "情感分类", "levels": [{"label": "差评"}, {"label": "好评"}]},
]


def ready(house):
    eventually(lambda: any(one["name"] == NLU and one["state"] == "ready" for one in command(house, "model", "list")), 60, "the model")
    return house


def predict(house, text, schema, **more):
    return house.ask("POST", "/api/predict", {"text": text, "schema": schema, **more})


def extract(house, text, schema, headers=None, **more):
    return house.ask("POST", "/v1/nlu/extract", {"text": text, "schema": schema, **more}, headers=headers)


def output(answer):
    assert answer.status == 200, answer.body
    return answer.json()["output"]
