// Loaded before cognito-backup-restore.
const ofTool = (name) => require.resolve(name, { paths: [process.env.TOOL] });

// Its SDK of version 2 reads no endpoint from the environment.
const sdk = require(ofTool("aws-sdk"));
sdk.config.update({ cognitoidentityserviceprovider: { endpoint: process.env.AWS_ENDPOINT_URL } });

// It restores a user every two seconds, whatever it is told; nobody can wait for that here.
const bottleneck = ofTool("bottleneck");
const Limiter = require(bottleneck);
class Unlimited extends Limiter {
  constructor(options) {
    super({ ...options, minTime: 0 });
  }
}
Unlimited.default = Unlimited;
require.cache[bottleneck].exports = Unlimited;
