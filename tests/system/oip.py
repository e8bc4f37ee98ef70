"""What tests of the Open Inference Protocol have in common."""


def refused(answer, status=400):
    assert answer.status == status, answer.body
    assert set(answer.json()) == {"error"} and answer.headers["Content-Type"] == "application/json"
    return answer.json()["error"]
