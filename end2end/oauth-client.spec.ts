// A page of somebody else's, with a standard OAuth library, gets a token in the browser: authorization code with
// PKCE, a public client, the instance's own sign-in and consent pages, and then the Table API.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test } from './program.ts';

const LIBRARY = fileURLToPath(new URL('../node_modules/oauth4webapi/build/index.js', import.meta.url));

/** The whole application: it begins on `/`, and ends where the instance sends the browser back to. */
const page = (issuer: string, clientId: string) => `<!doctype html><title>An application</title><output></output>
<script type="module">
  import * as oauth from '/oauth4webapi.js';
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL('${issuer}');
  const client = { client_id: '${clientId}' };
  const redirect = location.origin + '/callback';
  const discovery = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure });
  const server = await oauth.processDiscoveryResponse(issuer, discovery);
  if (location.pathname === '/callback') {
    const answer = oauth.validateAuthResponse(server, client, new URL(location.href), sessionStorage.state);
    const verifier = sessionStorage.verifier;
    const granted = await oauth.authorizationCodeGrantRequest(
      server, client, oauth.None(), answer, redirect, verifier, insecure);
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, granted);
    const users = new URL('/api/now/table/sys_user?sysparm_query=user_name=javascript:gs.getUserName()', issuer);
    const read = await oauth.protectedResourceRequest(
      tokens.access_token, 'GET', users, undefined, undefined, insecure);
    const { result } = await read.json();
    document.querySelector('output').textContent = 'Signed in as ' + result[0].name;
  } else {
    sessionStorage.verifier = oauth.generateRandomCodeVerifier();
    sessionStorage.state = oauth.generateRandomState();
    const authorize = new URL(server.authorization_endpoint);
    authorize.search = new URLSearchParams({
      client_id: client.client_id, redirect_uri: redirect, response_type: 'code', scope: 'useraccount',
      state: sessionStorage.state, code_challenge_method: 'S256',
      code_challenge: await oauth.calculatePKCECodeChallenge(sessionStorage.verifier),
    });
    location.assign(authorize);
  }
</script>`;

async function serve(content: () => string): Promise<{ server: Server; origin: string }> {
  const library = await readFile(LIBRARY);
  const server = createServer((request, response) => {
    const isLibrary = request.url === '/oauth4webapi.js';
    response.setHeader('content-type', isLibrary ? 'text/javascript' : 'text/html').end(isLibrary ? library : content());
  }).listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('a standard OAuth library completes the authorization code flow with PKCE in the browser', async ({ page: browser, program }) => {
  const clientId = '5f0c3d1e9b7a4c2d8e6f1a2b3c4d5e6f';
  const { server, origin } = await serve(() => page(program.sandbox, clientId));
  const admin = async (method: string, path: string, body?: object) => {
    const answer = await fetch(`${program.sandbox}/api/now/table/${path}`, {
      method,
      headers: { authorization: `Basic ${btoa('admin:admin')}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    });
    expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
    return (await answer.json()).result;
  };
  try {
    const client = { name: 'An application', client_id: clientId, public_client: true, redirect_url: `${origin}/callback` };
    await admin('POST', 'oauth_entity', client);
    await admin('POST', 'sys_cors_rule', { name: 'An application', domain: origin, http_methods: 'GET' });
    const [property] = await admin('GET', 'sys_properties?sysparm_query=name=glide.oauth.cors.allowed.origin');
    await admin('PATCH', `sys_properties/${property.sys_id}`, { value: origin });

    await browser.goto(origin);
    await browser.getByLabel('User name').fill('beth.anglin');
    await browser.getByLabel('Password').fill('beth.anglin');
    await browser.getByRole('button', { name: 'Log in' }).click();
    await browser.getByRole('button', { name: 'Allow' }).click();
    await expect(browser.getByRole('status')).toHaveText('Signed in as Beth Anglin');
  } finally {
    server.close();
  }
});
