/** A file as text, put into the bundle when it is built. */
declare module '*?raw' {
  const text: string
  // biome-ignore lint/style/noDefaultExport: bundlers know no other way
  export default text
}
