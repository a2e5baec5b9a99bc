"""Runs Ollama's official client for Python: https://pypi.org/project/ollama/."""

import asyncio
import os

import ollama
from check import check, end, model, scripted
from pydantic import BaseModel

client = ollama.Client()
question = [{"role": "user", "content": "Name three primes."}]


@check
def _():
    """lists and shows the models"""
    assert model in [one.model for one in client.list().models]
    shown = client.show(model)
    assert shown.details.format == "gguf"
    assert shown.modelinfo[f"{shown.modelinfo['general.architecture']}.context_length"] > 0
    assert "tools" in shown.capabilities


@check
def _():
    """chats and streams"""
    answer = client.chat(model, question, options={"temperature": 0, "num_predict": 16})
    assert answer.message.content.strip() != ""
    assert answer.done and answer.eval_count > 0
    lines = list(client.chat(model, question, stream=True, options=ollama.Options(temperature=0, num_predict=4)))
    assert len(lines) > 1
    assert (lines[-1].done_reason, lines[-1].eval_count) == ("length", 4)


@check
def _():
    """chats, streams and breaks off asynchronously"""

    async def ask():
        own = ollama.AsyncClient()
        options = {"temperature": 0, "num_predict": 8}
        answer = await own.chat(model, question, options=options)
        stream = await own.chat(model, question, stream=True, options=options)
        async for line in stream:
            break
        await stream.aclose()
        return answer, line

    answer, line = asyncio.run(ask())
    assert answer.message.content and not line.done


@check
def _():
    """generates"""
    answer = client.generate(model, "Say hello.", system="You are brief.", options={"temperature": 0, "num_predict": 16})
    assert answer.response.strip() != ""
    assert answer.done_reason in ("stop", "length")


class Person(BaseModel):
    age: int


@check
def _():
    """gives JSON by a pydantic model"""
    ask = [{"role": "user", "content": "Make up an age."}]
    options = {"temperature": 0, "num_predict": 64}
    answer = client.chat(model, ask, format=Person.model_json_schema(), options=options)
    Person.model_validate_json(answer.message.content)


@check
def _():
    """embeds"""
    vectors = client.embed(model, ["a river", "a stream"]).embeddings
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1])


def weather(city: str) -> str:
    """Tells the weather in a city.

    Args:
      city: The city.
    """
    return f"It rains in {city}."


@check
def _():
    """runs a whole session of tools, which are functions of Python"""
    messages = [{"role": "user", "content": 'call weather {"city":"Oslo"}\ncall weather {"city":"Bern"}'}]
    while True:
        message = client.chat(scripted, messages, tools=[weather]).message
        messages.append(message)
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            result = {"weather": weather}[call.function.name](**call.function.arguments)
            messages.append({"role": "tool", "tool_name": call.function.name, "content": result})
    assert message.content == "The last of 2 calls gave: It rains in Bern."


@check
def _():
    """gets errors as its own class"""
    for status, ask in [
        (404, lambda: client.chat("llama3.2", question)),
        (404, lambda: list(client.chat("llama3.2", question, stream=True))),
        (400, lambda: client.chat(model, [{"role": "user", "content": "river " * 20_000}])),
        (501, lambda: client.pull(model)),
        (403, lambda: ollama.Client(headers={"authorization": f"Bearer {os.environ['A2A_KEY']}"}).chat(model, question)),
    ]:
        try:
            ask()
            raise AssertionError(f"not refused: {status}")
        except ollama.ResponseError as error:
            assert error.status_code == status, error


end()
