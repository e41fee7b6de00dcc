// aws-jwt-verify: node theirs.mjs TOKENS KEYS TIMES
import { readFileSync } from "node:fs";
import { CognitoJwtVerifier } from "aws-jwt-verify";

const [tokensFile, keysFile, times] = process.argv.slice(2);
const tokens = readFileSync(tokensFile, "utf8").split("\n");
const verifier = CognitoJwtVerifier.create({
  userPoolId: "eu-central-1_Example",
  clientId: "1h57kf5cpq17m0eml12EXAMPLE",
  tokenUse: "access",
});
verifier.cacheJwks(JSON.parse(readFileSync(keysFile, "utf8")));
for (let number = 0; number < Number(times); number++) {
  const claims = verifier.verifySync(tokens[number % tokens.length]);
  if (!claims.username) throw new Error("no claims");
}
