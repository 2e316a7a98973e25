import encoding from 'k6/encoding';
import http from 'k6/http';
import { accountPassword, logInNameOf, wrongPassword } from '../workloads/log-in-accounts.ts';
import type { PlannedRequest } from '../workloads/workload.ts';

const json = { 'Content-Type': 'application/json' };

/** What goes out with a request, and the headers that say more of it. Sample photos are in base64. */
export function bodyOf(request: PlannedRequest, seed: number, samples: readonly string[]) {
  const { operation, viewerId, text = '', sample = 0, delta, token } = request;
  switch (operation) {
    case 'post': {
      const file = http.file(encoding.b64decode(samples[sample] ?? ''), 'photo.jpg', 'image/jpeg');
      return { body: { caption: text, file }, headers: {} };
    }
    case 'comment':
      return { body: JSON.stringify({ comment: text }), headers: json };
    case 'editCaption':
      return { body: JSON.stringify({ caption: text }), headers: json };
    case 'logIn':
    case 'failedLogIn': {
      const password = operation === 'logIn' ? accountPassword : wrongPassword;
      return { body: JSON.stringify({ logInName: logInNameOf(seed, viewerId), password }), headers: json };
    }
    case 'addCount':
    case 'addAndGetCount': {
      const idempotencyToken = { token, generationTime: new Date().toISOString() };
      return { body: JSON.stringify({ delta, idempotencyToken }), headers: json };
    }
    case 'putMetadata':
      return { body: JSON.stringify({ attributes: { note: text } }), headers: json };
    case 'image':
      return { body: null, headers: { Accept: 'image/webp,image/*;q=0.8' } };
    default:
      return { body: null, headers: {} };
  }
}
