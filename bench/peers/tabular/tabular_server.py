"""The peer of ./run bench tabular: a small API for a forest as tutorials build it. FastAPI checks the body, PyJWT the token, scikit-learn answers.

    uvicorn tabular_server:app, with TABULAR_SECRET
"""

import os

import jwt
import numpy
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

SECRET, LABELS = os.environ["TABULAR_SECRET"], ["setosa", "versicolor", "virginica"]

app = FastAPI()
bearer = HTTPBearer()
flowers = load_iris()
model = RandomForestClassifier(100, max_depth=4, random_state=7, n_jobs=1).fit(flowers.data, flowers.target)


class Row(BaseModel):
    data: list[float] = Field(min_length=4, max_length=4)


class Prediction(BaseModel):
    prediction: int
    label: str
    probabilities: list[float]


def who_asks(shown: HTTPAuthorizationCredentials = Depends(bearer)):
    try:
        claims = jwt.decode(shown.credentials, SECRET, algorithms=["HS256"], audience="tabular", options={"require": ["exp", "sub"]})
    except jwt.PyJWTError as why:
        raise HTTPException(401, "Invalid token") from why
    if "predict" not in claims.get("scope", "").split():
        raise HTTPException(403, "Not enough permissions")
    return claims["sub"]


@app.post("/predict")
async def predict(row: Row, user: str = Depends(who_asks)) -> Prediction:
    if not all(0 <= value <= 30 for value in row.data):
        raise HTTPException(422, "A value is out of range")
    probabilities = model.predict_proba(numpy.array([row.data]))[0]
    best = int(probabilities.argmax())
    return Prediction(prediction=best, label=LABELS[best], probabilities=probabilities.tolist())
