#include "compression.h"

#define ZLIB_CONST  // what is read is not written
#include <zlib.h>

#include <limits>

#include "gatehouse/base/assert.h"

namespace gatehouse::gateway {
namespace {

constexpr int quick = 1;                          // a third faster than zlib's own choice, and JSON shrinks nearly as far
constexpr int gzip_window = 15 + 16, memory = 8;  // the largest window, as gzip; zlib's usual memory

void give(z_stream& stream, std::string_view from, std::string& to) {
  stream.next_in = reinterpret_cast<const Bytef*>(from.data());
  stream.avail_in = static_cast<uInt>(from.size());
  stream.next_out = reinterpret_cast<Bytef*>(to.data());
  stream.avail_out = static_cast<uInt>(to.size());
}

}  // namespace

bool may_compress(const Route& route) {
  using identity::Scope;
  const bool asks_a_model = route.needs && *route.needs <= Scope::qa;
  return route.method == wire::Method::get || asks_a_model;
}

bool is_text(std::string_view media_type) {
  media_type = media_type.substr(0, media_type.find(';'));
  if (media_type == "text/event-stream") return false;
  return media_type.starts_with("text/") || media_type == "application/json" || media_type == "image/svg+xml";
}

std::string gzipped(std::string_view plain) {
  GH_ASSERT(plain.size() <= std::numeric_limits<uInt>::max() / 2);
  z_stream stream{};
  if (deflateInit2(&stream, quick, Z_DEFLATED, gzip_window, memory, Z_DEFAULT_STRATEGY) != Z_OK) return {};
  std::string coded(deflateBound(&stream, plain.size()), '\0');
  give(stream, plain, coded);
  const bool whole = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  coded.resize(whole ? stream.total_out : 0);
  deflateEnd(&stream);
  return coded;
}

std::string gunzipped(std::string_view coded, std::size_t plain_size) {
  z_stream stream{};
  if (inflateInit2(&stream, gzip_window) != Z_OK) return {};
  std::string plain(plain_size, '\0');
  give(stream, coded, plain);
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END && stream.total_out == plain_size;
  inflateEnd(&stream);
  return whole ? plain : std::string();
}

}  // namespace gatehouse::gateway
