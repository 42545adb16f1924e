// An OpenID Connect provider (npm's oidc-provider): who signs in says who they are. PORT of us is the first argument.
const http = require("node:http");
const callback = process.argv[2];
const people = { ann: { roles: ["ohmstead-operator"] }, bob: {}, eve: { roles: ["somebody"] } };
(async () => {
  const { Provider } = await import(require("node:url").pathToFileURL(process.argv[3]));
  const server = http.createServer();
  server.listen(0, "127.0.0.1", () => {
    const port = server.address().port;
    const provider = new Provider(`http://127.0.0.1:${port}`, {
      clients: [{ client_id: "ohmstead", client_secret: "a secret: with/signs", redirect_uris: [callback] }],
      claims: { openid: ["sub"], profile: ["name", "roles"] },
      conformIdTokenClaims: false,
      features: { devInteractions: { enabled: true } },
      findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id, ...people[id] }) }),
      ttl: { IdToken: 30 },
      cookies: { keys: ["test"] },
    });
    server.on("request", provider.callback());
    console.log(`listening on port ${port}`);
  });
})();
