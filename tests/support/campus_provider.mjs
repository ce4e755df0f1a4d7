// A campus for the tests: oidc-provider, a certified OpenID provider, with a few people.
// node campus_provider.mjs PORT RETURN_ADDRESS; says "ready" when it listens.
import { createRequire } from "node:module";
import { once } from "node:events";
import { pathToFileURL } from "node:url";

const assets = createRequire(new URL("../../assets/package.json", import.meta.url));
const { default: Provider } = await import(pathToFileURL(assets.resolve("oidc-provider")));

const [port, returnAddress] = process.argv.slice(2);

// The name that signs in is the subject; what it is called says what the campus tells of it.
const people = {
  lin: { email: "lin@campus.example", email_verified: true, name: "林一", unit: "理学院" },
  member: { email: "Buyer@Example.org", email_verified: true, unit: "文学院" },
  unsure: { email: "unsure@campus.example", email_verified: false },
  guest: { email: "guest@elsewhere.example", email_verified: true },
  silent: {},
};

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "shop",
      client_secret: "campus-secret",
      redirect_uris: [returnAddress],
      response_types: ["code"],
      grant_types: ["authorization_code"],
    },
  ],
  claims: { openid: ["sub"], profile: ["name", "unit"], email: ["email", "email_verified"] },
  findAccount: (_context, id) => ({
    accountId: id,
    claims: () => ({ sub: id, ...people[id.replace(/-\d+$/, "")] }),
  }),
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  cookies: { keys: ["only-for-tests"] },
});

const server = provider.listen(Number(port), "127.0.0.1");
await once(server, "listening");
process.stdout.write("ready\n");
