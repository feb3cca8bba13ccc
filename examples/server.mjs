// A memory system as a server, in another language: Node.js 18 or later, nothing to install.
//
//     node server.mjs 8000
//     locomo-vqa check http://127.0.0.1:8000
//     locomo-vqa run http://127.0.0.1:8000 --benchmark sample --out runs/node
//
// docs/system-api.yaml describes the requests. This system remembers every turn and answers with
// the one that shares the most words with the question.

import { createServer } from "node:http";

const conversations = new Map();
const words = (text) => new Set(text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []);

const actions = {
  turns: (told, { turns }) => {
    for (const turn of turns) {
      const day = turn.time.slice(0, 10);
      const shared = turn.images.filter((image) => image.caption).map((image) => image.caption);
      told.push(`${day}, ${turn.speaker}: ${[turn.text, ...shared].join(" ")}`);
    }
  },
  flush: () => {}, // Reply when all background work is done; this system has none.
  answer: (told, { question }) => {
    const asked = words(question);
    const shares = (text) => [...words(text)].filter((word) => asked.has(word)).length;
    const best = told.reduce((a, b) => (shares(b) > shares(a) ? b : a), "");
    return { text: best };
  },
  answer_visual: (told, { image }) => ({ text: image?.caption ?? "" }),
};

function reply(method, path, body) {
  if (method === "GET" && path === "/system") {
    return [200, { name: "node-example", version: "1", uses_images: false, uses_model: false }];
  }
  if (method === "POST" && path === "/conversations") {
    conversations.set(body.id, []);
    return [201];
  }
  const [, collection, name, action] = path.split("/");
  const id = decodeURIComponent(name ?? "");
  const told = conversations.get(id);
  if (collection !== "conversations" || told === undefined) return [404, { error: "not found" }];
  if (method === "DELETE") {
    conversations.delete(id);
    return [204];
  }
  if (!Object.hasOwn(actions, action)) return [404, { error: "not found" }];
  const made = actions[action](told, body);
  return made === undefined ? [204] : [200, made];
}

const server = createServer(async (request, response) => {
  let status, made;
  try {
    const parts = [];
    for await (const part of request) parts.push(part);
    const text = Buffer.concat(parts).toString("utf-8");
    [status, made] = reply(request.method, request.url, text ? JSON.parse(text) : null);
  } catch (error) {
    [status, made] = [500, { error: String(error) }]; // A failure costs one question.
  }
  response.writeHead(status, { "content-type": "application/json" });
  response.end(made === undefined ? "" : JSON.stringify(made));
});

server.listen(Number(process.argv[2] ?? 8000), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
