// Both halves of RFC 9474 against @cloudflare/blindrsa-ts, driven by test_interop.py: one JSON
// request on standard input, one JSON answer on standard output; bytes are hexadecimal.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { readFileSync } from 'node:fs';

const entry = createRequire(import.meta.url).resolve(process.argv[2]);
const { RSABSSA } = await import(pathToFileURL(entry));
const suites = {
  'RSABSSA-SHA384-PSS-Randomized': RSABSSA.SHA384.PSS.Randomized(),
  'RSABSSA-SHA384-PSSZERO-Randomized': RSABSSA.SHA384.PSSZero.Randomized(),
  'RSABSSA-SHA384-PSS-Deterministic': RSABSSA.SHA384.PSS.Deterministic(),
  'RSABSSA-SHA384-PSSZERO-Deterministic': RSABSSA.SHA384.PSSZero.Deterministic(),
};
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const ask = JSON.parse(readFileSync(0, 'utf8'));
const suite = suites[ask.variant];
const algorithm = { name: 'RSA-PSS', hash: 'SHA-384' };
const key = (jwk, use) => crypto.subtle.importKey('jwk', jwk, algorithm, true, [use]);
const publicKey = await key({ kty: 'RSA', n: ask.jwk.n, e: ask.jwk.e }, 'verify');

const steps = {
  async blind() {
    const prepared = suite.prepare(bytes(ask.message));
    const { blindedMsg, inv } = await suite.blind(publicKey, prepared);
    return { prepared: hex(prepared), blinded: hex(blindedMsg), inverse: hex(inv) };
  },
  async sign() {
    return { answer: hex(await suite.blindSign(await key(ask.jwk, 'sign'), bytes(ask.blinded))) };
  },
  async finalize() {
    const parts = [ask.prepared, ask.answer, ask.inverse].map(bytes);
    return { signature: hex(await suite.finalize(publicKey, ...parts)) };
  },
  async verify() {
    return { valid: await suite.verify(publicKey, bytes(ask.signature), bytes(ask.prepared)) };
  },
};
process.stdout.write(JSON.stringify(await steps[ask.step]()));
