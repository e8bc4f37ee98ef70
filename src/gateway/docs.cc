#include "docs.h"

#include <algorithm>
#include <functional>

#include "compression.h"
#include "gatehouse/base/assert.h"
#include "negotiation.h"

namespace gatehouse::gateway {
namespace {

constexpr std::string_view for_a_year = "public, max-age=31536000, immutable";
constexpr std::string_view ask_again = "no-cache";
constexpr std::string_view for_the_asker = "private, no-cache";
constexpr std::string_view by_coding = "Accept-Encoding";
// By who asks, too: the fields that a credential may come in.
constexpr std::string_view by_asker = "Accept-Encoding, Authorization, X-API-Key, api-key, Signature";
// Scripts are ours and come from files. Both pages set styles from their scripts; Redoc searches on a worker that it makes itself.
constexpr std::string_view page_policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "worker-src blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

// Of pages that are all our own.
constexpr std::string_view strict_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

const StaticFile* find_file(std::string_view name) {
  const std::span<const StaticFile> files = embedded_files();
  const auto found = std::ranges::find(files, name, &StaticFile::name);
  return found == files.end() ? nullptr : &*found;
}

net::Response respond_with(const StaticFile& file, std::string_view caching, std::string_view varies, const wire::RequestHead& head) {
  const bool coded = wants_gzip(head);
  const std::string etag = "\"" + std::string(file.tag) + (coded ? "-gzip\"" : "\"");
  const bool known = has_already(head, etag);
  net::Response response(known ? 304 : 200);
  if (!known && coded) response.body(file.media_type, std::string(file.gzip)).field("Content-Encoding", "gzip");
  if (!known && !coded) response.body(file.media_type, gunzipped(file.gzip, file.size));
  response.field("ETag", etag).field("Cache-Control", caching).field("Vary", varies);
  return response;
}

net::Response page(std::string_view name, std::string_view policy, const wire::RequestHead& head) {
  const StaticFile* file = find_file(name);
  GH_ASSERT(file != nullptr);
  net::Response response = respond_with(*file, ask_again, by_coding, head);
  response.field("Content-Security-Policy", policy);
  return response;
}

std::string hash_of(std::string_view text) { return std::to_string(std::hash<std::string_view>()(text)); }

}  // namespace

net::Response docs_page(const wire::RequestHead& head) { return page("/docs", page_policy, head); }
net::Response redoc_page(const wire::RequestHead& head) { return page("/redoc", page_policy, head); }
net::Response nlu_page(const wire::RequestHead& head) { return page("/nlu", strict_policy, head); }

Result<net::Response> docs_file(std::string_view name, const wire::RequestHead& head) {
  const StaticFile* file = find_file(name);
  if (file == nullptr || name.starts_with('/')) {
    return Error(Code::not_found, Origin::caller, "not_found", "There is no such file; the pages name those that there are");
  }
  return respond_with(*file, for_a_year, by_coding, head);
}

OpenApiFile::OpenApiFile(std::string_view document) : gzip_(gzipped(document)), tag_(hash_of(document)), size_(document.size()) {}

net::Response OpenApiFile::response(const wire::RequestHead& head, Readers readers) const {
  StaticFile file;
  file.media_type = "application/json";
  file.tag = tag_;
  file.gzip = gzip_;
  file.size = size_;
  return respond_with(file, readers == Readers::all ? ask_again : for_the_asker, by_asker, head);
}

}  // namespace gatehouse::gateway
