const DOCS = 'https://github.com/appgrant/appgrant/blob/main/docs'

/** The address of a page of the documentation, which is not part of the package. */
export function docsPage(name: string): string {
  return `${DOCS}/${name}.md`
}
