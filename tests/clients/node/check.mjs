// OpenAI's client for Node: a failed assertion ends it with another exit code than 0.
import assert from "node:assert/strict";
import OpenAI from "openai";

const client = new OpenAI({ maxRetries: 0 });
const model = "vllm-chat-demo";
const plain = { model, messages: [{ role: "user", content: "What is this service?" }], temperature: 0, max_tokens: 24 };

const names = [];
for await (const one of client.models.list()) names.push(one.id);
assert.deepEqual(names, [model]);
assert.equal((await client.models.retrieve(model)).id, model);

const whole = await client.chat.completions.create(plain);
const text = whole.choices[0].message.content;
assert.equal(whole.usage.completion_tokens, 24);

let streamed = "";
let usage = null;
const options = { stream: true, stream_options: { include_usage: true } };
for await (const chunk of await client.chat.completions.create({ ...plain, ...options })) {
  streamed += chunk.choices[0]?.delta?.content ?? "";
  usage = chunk.usage ?? usage;
}
assert.equal(streamed, text);
assert.equal(usage.total_tokens, whole.usage.total_tokens);

const schema = {
  type: "object",
  properties: { city: { enum: ["Seoul", "Busan"] }, sunny: { type: "boolean" } },
  required: ["city", "sunny"],
  additionalProperties: false,
};
const trip = await client.chat.completions.parse({
  ...plain,
  max_tokens: 100,
  response_format: { type: "json_schema", json_schema: { name: "trip", strict: true, schema } },
});
assert.deepEqual(Object.keys(trip.choices[0].message.parsed).sort(), ["city", "sunny"]);

const nothing = { type: "object", properties: {}, additionalProperties: false };
const tools = [{ type: "function", function: { name: "now", strict: true, parameters: nothing } }];
const called = await client.chat.completions.create({ ...plain, max_tokens: 100, tools, tool_choice: "required" });
const [call] = called.choices[0].message.tool_calls;
assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["now", {}]);

let deltas = "";
const response = { model, input: "What is this service?", temperature: 0, max_output_tokens: 24 };
for await (const event of await client.responses.create({ ...response, stream: true })) {
  if (event.type === "response.output_text.delta") deltas += event.delta;
}
assert.equal(deltas, (await client.responses.create(response)).output_text);

const long = [{ role: "user", content: "word ".repeat(9000) }];
await assert.rejects(client.chat.completions.create({ ...plain, n: 100 }), OpenAI.BadRequestError);
await assert.rejects(client.chat.completions.create({ ...plain, messages: long, stream: true }), {
  constructor: OpenAI.BadRequestError,
  code: "context_length_exceeded",
});
await assert.rejects(client.chat.completions.create({ ...plain, model: "gpt-4" }), OpenAI.NotFoundError);
await assert.rejects(new OpenAI({ apiKey: "wrong" }).models.list(), OpenAI.AuthenticationError);
console.log("ok");
