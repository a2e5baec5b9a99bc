"""Runs the official client of OpenAI for Python: https://pypi.org/project/openai/."""

import asyncio
import json
from typing import Annotated, Literal

import openai
from check import check, end, model, scripted, vectors_alike
from pydantic import BaseModel, EmailStr, Field

client = openai.OpenAI()
question = [{"role": "user", "content": "Name three primes."}]
say_hello = [{"role": "user", "content": "Say hello."}]
long_question = [{"role": "user", "content": "Count from one to a thousand, in words."}]
# Texts of one request for embeddings.
TEXTS = 300


@check
def _():
    """lists the models and finds one"""
    assert model in [one.id for one in client.models.list()]
    assert client.models.retrieve(model).id == model


@check
def _():
    """chats, with a bound on tokens that is larger than the model"""
    answer = client.chat.completions.create(
        model=model,
        messages=say_hello,
        max_tokens=32_000,
        stop=[],
        temperature=0,
    )
    assert answer.choices[0].message.content.strip() != ""
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@check
def _():
    """streams by its helper"""
    # An answer that is cut off is an error to this helper.
    asked = dict(model=model, messages=say_hello, temperature=0)
    with client.chat.completions.stream(**asked, stream_options={"include_usage": True}) as stream:
        pieces = [event.delta for event in stream if event.type == "content.delta"]
        answer = stream.get_final_completion()
    assert len(pieces) > 1
    assert answer.choices[0].message.content == "".join(pieces)
    assert answer.usage.completion_tokens > 0


@check
def _():
    """chats asynchronously, several at once"""

    async def ask_all():
        async with openai.AsyncOpenAI() as several:
            asked = dict(model=model, messages=question, max_tokens=4)
            return await asyncio.gather(*(several.chat.completions.create(**asked) for _ in range(8)))

    assert all(answer.choices[0].message.content for answer in asyncio.run(ask_all()))


class Weather(BaseModel):
    """Tells the weather in a city."""

    city: Literal["Bern", "Oslo"]


@check
def _():
    """has the real model call a tool that pydantic describes"""
    answer = client.chat.completions.parse(
        model=model,
        messages=[{"role": "user", "content": "What is the weather in Oslo?"}],
        max_tokens=64,
        temperature=0,
        tools=[openai.pydantic_function_tool(Weather)],
        tool_choice="required",
    )
    assert isinstance(answer.choices[0].message.tool_calls[0].function.parsed_arguments, Weather)


@check
def _():
    """runs a whole session of tools, streamed"""
    messages = [{"role": "user", "content": 'call Weather {"city":"Oslo"}\ncall Weather {"city":"Bern"}'}]
    asked = []
    while True:
        tools = [openai.pydantic_function_tool(Weather)]
        with client.chat.completions.stream(model=scripted, messages=messages, tools=tools) as stream:
            message = stream.get_final_completion().choices[0].message
        messages.append(message)
        if not message.tool_calls:
            break
        for call in message.tool_calls:
            asked.append(call.function.parsed_arguments.city)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": f"It rains in {asked[-1]}."})
    assert asked == ["Oslo", "Bern"]
    assert message.content == "The last of 2 calls gave: It rains in Bern."


@check
def _():
    """gets responses that go on with each other, whole and streamed"""
    asked = dict(model=model, input="Say hello.", temperature=0)
    first = client.responses.create(**asked)
    assert first.output_text.strip() != ""
    with client.responses.stream(**asked, previous_response_id=first.id) as stream:
        pieces = [event.delta for event in stream if event.type == "response.output_text.delta"]
        second = stream.get_final_response()
    assert second.output_text == "".join(pieces)
    assert second.usage.input_tokens > first.usage.input_tokens
    client.responses.delete(first.id)
    try:
        client.responses.retrieve(first.id)
        raise AssertionError("not removed")
    except openai.NotFoundError:
        pass


@check
def _():
    """runs a whole session of tools by responses, streamed and not stored"""
    history = [{"role": "user", "content": 'call Weather {"city":"Oslo"}\ncall Weather {"city":"Bern"}'}]
    tool = dict(type="function", name="Weather", strict=False, parameters=Weather.model_json_schema())
    cities = []
    while True:
        asked = dict(model=scripted, input=history, tools=[tool], store=False)
        with client.responses.stream(**asked) as stream:
            response = stream.get_final_response()
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        for call in calls:
            cities.append(json.loads(call.arguments)["city"])
            output = dict(type="function_call_output", call_id=call.call_id, output=f"It rains in {cities[-1]}.")
            history += [call.model_dump(exclude_none=True), output]
    assert cities == ["Oslo", "Bern"]
    assert response.output_text == "The last of 2 calls gave: It rains in Bern."


class Person(BaseModel):
    age: Annotated[int, Field(ge=18, le=99)]
    code: Annotated[str, Field(pattern=r"^[A-Z]{2}-[0-9]{3}$")]
    email: EmailStr
    tags: Annotated[list[Literal["new", "old"]], Field(max_length=2)]


@check
def _():
    """parses an answer by a pydantic model with a range, a pattern and an e-mail address"""
    answer = client.chat.completions.parse(
        model=model,
        messages=[{"role": "user", "content": "Make up a person: age, code such as AB-123, e-mail address, tags."}],
        max_tokens=256,
        temperature=0,
        response_format=Person,
    )
    assert isinstance(answer.choices[0].message.parsed, Person)


@check
def _():
    """embeds 300 texts in one request"""
    texts = [f"text {at % 150}" for at in range(TEXTS)]
    data = client.embeddings.create(model=model, input=texts).data
    assert [one.index for one in data] == list(range(TEXTS))
    alike = vectors_alike(data[7].embedding, data[157].embedding)
    assert alike > 0.99
    assert vectors_alike(data[7].embedding, data[8].embedding) < alike


@check
def _():
    """continues several texts in one request"""
    choices = client.completions.create(model=model, prompt=["Once upon a", "The capital of"], max_tokens=4).choices
    assert [one.index for one in choices] == [0, 1]
    assert all(one.text for one in choices)


@check
def _():
    """leaves a stream and gives up on an answer"""
    asked = dict(model=model, messages=long_question, max_tokens=1_024, temperature=0)
    with client.chat.completions.create(**asked, stream=True) as stream:
        for _chunk in stream:
            break
    try:
        client.with_options(timeout=0.3, max_retries=0).chat.completions.create(**asked)
        raise AssertionError("it did not time out")
    except openai.APITimeoutError:
        pass
    assert client.chat.completions.create(model=model, messages=question, max_tokens=2).choices


@check
def _():
    """gets errors as its own classes, with what is wrong"""
    refused = [
        (openai.NotFoundError, "code", "model_not_found", dict(model="gpt-4o")),
        (openai.BadRequestError, "param", "temperature", dict(temperature="hot")),
    ]
    too_long = [{"role": "user", "content": "river " * 20_000}]
    for stream in (False, True):
        change = dict(messages=too_long, stream=stream)
        refused.append((openai.BadRequestError, "code", "context_length_exceeded", change))
    for kind, field, value, change in refused:
        try:
            client.chat.completions.create(**{"model": model, "messages": question, **change})
            raise AssertionError(f"not refused: {value}")
        except kind as error:
            assert getattr(error, field) == value, error
    try:
        openai.OpenAI(api_key="sk-of-somebody-else").models.list()
        raise AssertionError("let in")
    except openai.AuthenticationError:
        pass


end()
