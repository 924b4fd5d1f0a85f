// fastify and undici, by hand: one pool, calls at the same time, a schema for the answer.
import { createRequire } from "node:module";

const require = createRequire(process.env.PEERS + "/");
const fastify = require("fastify");
const { Pool } = require("undici");

const pool = new Pool(process.env.BACKEND, { connections: 64 });
const app = fastify();

async function ask(path) {
  const { statusCode, body } = await pool.request({ path, method: "GET" });
  if (statusCode !== 200) throw new Error("bad gateway");
  return body.json();
}

const text = { type: "string" }, number = { type: "number" }, integer = { type: "integer" };
const review = { type: "object", properties: { id: integer, rating: integer, body: text, created_at: text } };
const page = {
  type: "object",
  properties: {
    id: integer, name: text, description: { type: ["string", "null"] }, price: number, currency: text, rating: number,
    reviews: { type: "array", items: review },
  },
};

app.get("/products/:id", { schema: { response: { 200: page } } }, async (request) => {
  const id = request.params.id;
  const [product, price, reviews] = await Promise.all([
    ask(`/products/${id}`), ask(`/prices/${id}`), ask(`/reviews?product=${id}&limit=20`),
  ]);
  const items = reviews.items;
  return {
    id: product.id, name: product.name, description: product.description,
    price: price.amount, currency: price.currency,
    rating: items.length ? items.reduce((sum, r) => sum + r.rating, 0) / items.length : 0,
    reviews: items,
  };
});

app.listen({ port: Number(process.argv[2]), host: "127.0.0.1" });
