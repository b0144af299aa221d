// Leads functions through their life with the AWS SDK for JavaScript and writes what it saw to stdout, as JSON; test_sdks.py judges it.
// Arguments: the endpoint, and a folder with echo.zip, two.zip and fail.zip.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CreateAliasCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  InvokeWithResponseStreamCommand,
  LambdaClient,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  ResourceNotFoundException,
  TooManyRequestsException,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  paginateListFunctions,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";

const [endpoint, folder] = process.argv.slice(2);
const client = new LambdaClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  maxAttempts: 1, // or a throttle would be tried again
});
const waiting = { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 };
const zip = (name) => readFile(join(folder, `${name}.zip`));
const text = (bytes) => new TextDecoder().decode(bytes);

async function create(FunctionName, package_name) {
  return client.send(
    new CreateFunctionCommand({
      FunctionName,
      Runtime: "provided.al2023",
      Handler: "bootstrap",
      Role: "arn:aws:iam::000000000000:role/lambda",
      Timeout: 10,
      Code: { ZipFile: await zip(package_name) },
    }),
  );
}

async function invoke(FunctionName, more = {}) {
  const answer = await client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify({ n: 1 }), ...more }));
  return { payload: JSON.parse(text(answer.Payload)), version: answer.ExecutedVersion, error: answer.FunctionError, log: answer.LogResult };
}

async function failure(call) {
  try {
    await call();
  } catch (error) {
    const known = [ResourceNotFoundException, TooManyRequestsException].some((type) => error instanceof type);
    return { name: error.name, message: error.message, reason: error.Reason, status: error.$metadata?.httpStatusCode, known };
  }
  return { name: "none" };
}

async function streamed(FunctionName) {
  const answer = await client.send(new InvokeWithResponseStreamCommand({ FunctionName, Payload: JSON.stringify({ n: 1 }) }));
  let all = "";
  for await (const event of answer.EventStream) {
    if (event.PayloadChunk) all += text(event.PayloadChunk.Payload);
  }
  return all;
}

async function life() {
  const seen = {};
  seen.created = (await create("js", "echo")).State;
  seen.active = (await waitUntilFunctionActiveV2(waiting, { FunctionName: "js" })).state;
  const first = await invoke("js", { LogType: "Tail" });
  seen.first = { ...first, log: Buffer.from(first.log, "base64").toString() };
  seen.one = (await client.send(new PublishVersionCommand({ FunctionName: "js" }))).Version;
  seen.updating = (await client.send(new UpdateFunctionCodeCommand({ FunctionName: "js", ZipFile: await zip("two") }))).LastUpdateStatus;
  seen.updated = (await waitUntilFunctionUpdatedV2(waiting, { FunctionName: "js" })).state;
  await client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "js", MemorySize: 256 }));
  await waitUntilFunctionUpdatedV2(waiting, { FunctionName: "js" });
  seen.second = await invoke("js");
  const published = await client.send(new PublishVersionCommand({ FunctionName: "js" }));
  seen.two = [published.Version, published.MemorySize];
  const weights = { AdditionalVersionWeights: { 2: 0.5 } };
  await client.send(new CreateAliasCommand({ FunctionName: "js", Name: "live", FunctionVersion: "1", RoutingConfig: weights }));
  seen.weighted = {};
  for (let i = 0; i < 40; i++) {
    const { version } = await invoke("js", { Qualifier: "live" });
    seen.weighted[version] = (seen.weighted[version] ?? 0) + 1;
  }
  await client.send(new PutFunctionConcurrencyCommand({ FunctionName: "js", ReservedConcurrentExecutions: 0 }));
  seen.throttled = await failure(() => invoke("js"));
  await client.send(new DeleteFunctionCommand({ FunctionName: "js" }));
  seen.gone = await failure(() => client.send(new GetFunctionCommand({ FunctionName: "js" })));
  return seen;
}

async function others() {
  const seen = {};
  await create("js-fail", "fail");
  await create("js-echo", "echo");
  seen.failed = await invoke("js-fail");
  seen.missing = await failure(() => invoke("none"));
  seen.invalid = await failure(() => client.send(new UpdateFunctionConfigurationCommand({ FunctionName: "js-fail", MemorySize: 1 })));
  seen.streaming = {};
  seen.streaming.failure = await failure(async () => (seen.streaming.text = await streamed("js-echo")));
  for (let i = 0; i < 55; i++) await create(`js-${String(i).padStart(2, "0")}`, "two");
  seen.pages = [];
  for await (const page of paginateListFunctions({ client }, {})) seen.pages.push(page.Functions.map((one) => one.FunctionName));
  return seen;
}

process.stdout.write(JSON.stringify({ ...(await life()), ...(await others()) }));
