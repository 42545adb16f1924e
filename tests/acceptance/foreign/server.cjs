// The smallest CSMS that the npm package ocpp-rpc makes: it says yes, and holds every message against the official
// schemas of its own (not those of 2.1, which that package names otherwise than its validator asks). NODE_PATH says where the package lies.
const { RPCServer } = require('ocpp-rpc');

const now = () => new Date().toISOString();
let transactions = 0;
const ANSWERS = {
    BootNotification: () => ({ currentTime: now(), interval: 300, status: 'Accepted' }),
    Heartbeat: () => ({ currentTime: now() }),
    StartTransaction: () => ({ transactionId: ++transactions, idTagInfo: { status: 'Accepted' } }),
    DataTransfer: () => ({ status: 'UnknownVendorId' }),
    SignCertificate: () => ({ status: 'Rejected' }),
};

async function main() {
    const server = new RPCServer({ protocols: ['ocpp1.6', 'ocpp2.0.1', 'ocpp2.1'], strictMode: ['ocpp1.6', 'ocpp2.0.1'] });
    server.auth((accept) => accept({}));
    server.on('client', (client) => {
        const authorised = client.protocol === 'ocpp1.6' ? { idTagInfo: { status: 'Accepted' } } : { idTokenInfo: { status: 'Accepted' } };
        client.handle(({ method, params }) => {
            if (method in ANSWERS) return ANSWERS[method](params);
            return method === 'Authorize' || 'idToken' in params ? authorised : {};
        });
        client.on('strictValidationFailure', ({ error }) => console.log(`broken: ${error.message} ${JSON.stringify(error.details)}`));
    });
    const http = await server.listen(0, '127.0.0.1');
    console.log(`listening on port ${http.address().port}`);
}

main();
