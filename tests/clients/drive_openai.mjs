// Drives a gateway with the official Node client; prints what it got as JSON. BASE_URL and KEY say where and how.
import OpenAI from "openai";

const client = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: process.env.KEY, maxRetries: 0 });
const messages = [{ role: "user", content: "你好，مرحبا" }];
const ask = { model: "tiny", messages };

async function collected(stream) {
  const chunks = [];
  for await (const chunk of await stream) chunks.push(chunk);
  return chunks;
}

async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return { name: error.constructor.name, status: error.status, code: error.code, param: error.param };
  }
  throw new Error("was not refused");
}

const raw = await client.chat.completions.create({ ...ask, n: 2, seed: 7, unknown_field: { ключ: [1] } }).withResponse();
const stranger = new OpenAI({ baseURL: process.env.BASE_URL, apiKey: "sk-other", maxRetries: 0 });
const models = [];
for await (const model of client.models.list()) models.push(model.id);

console.log(
  JSON.stringify({
    chat: raw.data.choices[0].message.content,
    language: raw.response.headers.get("x-dragoman-language"),
    requestId: raw.request_id,
    chunks: await collected(
      client.chat.completions.create({ ...ask, stream: true, stream_options: { include_usage: true } }),
    ),
    completion: (await client.completions.create({ model: "tiny", prompt: "שלום" })).choices[0].text,
    response: (await client.responses.create({ model: "tiny", input: "สวัสดี" })).output_text,
    events: await collected(client.responses.create({ model: "tiny", input: "สวัสดี", stream: true })),
    embedding: (await client.embeddings.create({ model: "tiny", input: "한국어", encoding_format: "float" })).data[0]
      .embedding,
    models,
    model: (await client.models.retrieve("tiny")).id,
    refusals: [
      await refusal(stranger.models.list()),
      await refusal(client.models.retrieve("нет")),
      await refusal(client.chat.completions.create({ ...ask, temperature: 9 })),
    ],
  }),
);
