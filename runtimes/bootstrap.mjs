// Starts a Node.js function on the runtime client that lambox has found (the variable LAMBOX_RUNTIME_CLIENT).
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = `${process.env.LAMBOX_RUNTIME_CLIENT}/node_modules/aws-lambda-ric`;
delete process.env.LAMBOX_RUNTIME_CLIENT;
delete process.env.LAMBOX_LAYERS;

const { main } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
const client = await import(pathToFileURL(`${folder}/${main}`).href);
const run = client.run ?? client.default.run; // older clients are CommonJS
await run(process.env.LAMBDA_TASK_ROOT, process.env._HANDLER);
