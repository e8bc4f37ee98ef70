// gateway/docs.h — the pages that show this interface to people, and the document that they show: all from memory, compressed once.
// Rules    a file's name holds its hash, so that it may be kept for a year; pages and the document are asked for anew each time, by tag
// Threads  immutable: any thread
// Errors   not_found
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/net/exchange.h"
#include "gatehouse/wire/http1/head.h"

namespace gatehouse::gateway {

struct StaticFile {
  std::string_view name, media_type;
  std::string_view tag;   // of the content
  std::string_view gzip;  // the content
  std::size_t size = 0;   // unpacked
};
// Pages begin with a slash. Written by tools/pages/embed.py when the program is built.
std::span<const StaticFile> embedded_files();

net::Response docs_page(const wire::RequestHead& head);
net::Response redoc_page(const wire::RequestHead& head);
net::Response nlu_page(const wire::RequestHead& head);
Result<net::Response> docs_file(std::string_view name, const wire::RequestHead& head);

// Whom a document is for.
enum class Readers : std::uint8_t { all, one };

// /openapi.json
class OpenApiFile {
 public:
  explicit OpenApiFile(std::string_view document);
  net::Response response(const wire::RequestHead& head, Readers readers) const;

 private:
  const std::string gzip_, tag_;
  const std::size_t size_;
};

}  // namespace gatehouse::gateway
