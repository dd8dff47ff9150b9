import { AppGrantError } from '../../base/errors.ts'

/** The error for a client id with which nobody can be asked: it is shown on the host's page, and nothing is redirected. */
export function unusableClient(message: string, cause?: unknown): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', {
    message: `client_id: ${message}`,
    hint: 'The program is at fault, or its web server: show the error to the user and do not redirect.',
    ...(cause !== undefined && { cause }),
  })
}
