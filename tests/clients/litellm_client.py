"""Runs LiteLLM with its provider for servers that speak as OpenAI does: https://pypi.org/project/litellm/."""

import asyncio
import os

import litellm
from check import check, end, model, scripted
from pydantic import BaseModel, Field

at_ripple = dict(
    model=f"openai/{model}",
    api_base=os.environ["OPENAI_BASE_URL"],
    api_key=os.environ["OPENAI_API_KEY"],
)
question = [{"role": "user", "content": "Name three primes."}]
# Texts of one request for embeddings.
TEXTS = 300


@check
def _():
    """chats"""
    say = [{"role": "user", "content": "Say hello."}]
    answer = litellm.completion(**at_ripple, messages=say, max_tokens=32_000, stop=[], temperature=0)
    assert answer.choices[0].message.content.strip() != ""
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.completion_tokens > 0


@check
def _():
    """streams, and builds the whole answer of its chunks"""
    chunks = list(litellm.completion(**at_ripple, messages=question, max_tokens=16, stream=True))
    assert len([one for one in chunks if one.choices[0].delta.content]) > 1
    assert litellm.stream_chunk_builder(chunks).choices[0].message.content.strip() != ""


@check
def _():
    """chats and streams asynchronously"""

    async def ask():
        answer = await litellm.acompletion(**at_ripple, messages=question, max_tokens=8)
        stream = await litellm.acompletion(**at_ripple, messages=question, max_tokens=8, stream=True)
        return answer, [chunk async for chunk in stream]

    answer, chunks = asyncio.run(ask())
    assert answer.choices[0].message.content
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")


@check
def _():
    """runs a whole session of tools"""
    tool = {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tells the weather in a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    messages = [{"role": "user", "content": 'call weather {"city":"Oslo"}'}]
    asked = {**at_ripple, "model": f"openai/{scripted}", "tools": [tool]}
    message = litellm.completion(**asked, messages=messages).choices[0].message
    call = message.tool_calls[0]
    assert (call.function.name, call.function.arguments) == ("weather", '{"city":"Oslo"}')
    # The turn goes back as the client keeps it, with all of its own fields.
    messages += [message.model_dump(), {"role": "tool", "tool_call_id": call.id, "content": "It rains."}]
    last = litellm.completion(**asked, messages=messages).choices[0]
    assert (last.message.content, last.finish_reason) == ("The last of 1 calls gave: It rains.", "stop")


class Person(BaseModel):
    age: int = Field(ge=18, le=99)
    code: str = Field(pattern=r"^[A-Z]{2}-[0-9]{3}$")


@check
def _():
    """gives JSON by a pydantic model"""
    messages = [{"role": "user", "content": "Make up a person: age, and a code such as AB-123."}]
    answer = litellm.completion(
        **at_ripple, messages=messages, max_tokens=128, temperature=0, response_format=Person
    )
    Person.model_validate_json(answer.choices[0].message.content)


@check
def _():
    """embeds 300 texts"""
    data = litellm.embedding(**at_ripple, input=[f"text {at}" for at in range(TEXTS)]).data
    assert len(data) == TEXTS
    assert all(len(one["embedding"]) == len(data[0]["embedding"]) for one in data)


@check
def _():
    """gets errors as its own classes"""
    for kind, change in [
        (litellm.NotFoundError, dict(model="openai/gpt-4o")),
        (litellm.ContextWindowExceededError, dict(messages=[{"role": "user", "content": "river " * 20_000}])),
        (litellm.AuthenticationError, dict(api_key="sk-of-somebody-else")),
    ]:
        try:
            litellm.completion(**{**at_ripple, "messages": question, **change})
            raise AssertionError(f"not refused: {kind}")
        except kind:
            pass


end()
