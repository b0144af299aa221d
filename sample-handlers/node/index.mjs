// Answers with its event, unless that asks for something else; see README.md of the folder above.
import { setTimeout } from "node:timers/promises";

export async function handler(event, context) {
    console.log(`hello from Node.js, request ${context.awsRequestId}`);
    if (event.fail) throw new TypeError("as asked");
    if (event.crash) process.exit(3);
    if (event.sleep_ms) await setTimeout(event.sleep_ms);
    if (event.size !== undefined) return "x".repeat(Math.max(event.size - 2, 0));
    return event;
}
