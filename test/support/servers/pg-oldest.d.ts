declare module 'pg-oldest' {
  export { Client } from 'pg'
}
