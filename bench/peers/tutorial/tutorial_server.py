"""The peer of ./run bench tutorial: a small service as tutorials build it. FastAPI checks the body, PyJWT the token, and a sorted set in Redis
counts each user's calls of the last minute. The libraries are the fast ones: uvloop, httptools, hiredis, one pipeline a request.

    uvicorn tutorial_server:app, with TUTORIAL_SECRET, TUTORIAL_REDIS (a Unix socket) and TUTORIAL_LIMIT (calls a minute)
"""

import os
import time
import uuid

import jwt
import redis.asyncio
from fastapi import Depends, FastAPI, HTTPException, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

SECRET, LIMIT, WINDOW = os.environ["TUTORIAL_SECRET"], int(os.environ["TUTORIAL_LIMIT"]), 60

app = FastAPI()
bearer = HTTPBearer()
counts = redis.asyncio.Redis(unix_socket_path=os.environ["TUTORIAL_REDIS"])


class Question(BaseModel):
    text: str = Field(min_length=1, max_length=1000)


class Answer(BaseModel):
    text: str


async def who_asks(shown: HTTPAuthorizationCredentials = Depends(bearer)):
    try:
        claims = jwt.decode(shown.credentials, SECRET, algorithms=["HS256"], audience="tutorial", options={"require": ["exp", "sub"]})
    except jwt.PyJWTError as why:
        raise HTTPException(401, "Invalid token") from why
    if "llm" not in claims.get("scope", "").split():
        raise HTTPException(403, "Not enough permissions")
    return claims["sub"]


async def within_limit(response: Response, user: str = Depends(who_asks)):
    key, now = f"rate_limit:{user}", time.time()
    async with counts.pipeline() as pipe:
        pipe.zremrangebyscore(key, 0, now - WINDOW)
        pipe.zadd(key, {uuid.uuid4().hex: now})
        pipe.zcard(key)
        pipe.expire(key, WINDOW)
        _, _, calls, _ = await pipe.execute()
    if calls > LIMIT:
        raise HTTPException(429, f"Rate limit exceeded: {LIMIT} per 1 minute", {"Retry-After": str(WINDOW)})
    response.headers["X-RateLimit-Limit"] = str(LIMIT)
    response.headers["X-RateLimit-Remaining"] = str(LIMIT - calls)
    return user


@app.post("/api/echo")
async def echo(question: Question, user: str = Depends(within_limit)) -> Answer:
    return Answer(text=question.text)
