// wire/json/document.h — one JSON document from bytes that nobody vouches for.
// Rules    RFC 8259 to the letter, valid UTF-8, no byte order mark, no duplicate keys, numbers within 64 bits or a finite double;
//          depth counts containers, the root is 1
// Threads  a parser belongs to one thread (one a reactor); the value is a view into it, valid until the next parse
// Errors   json_invalid, json_too_deep, json_duplicate_key (invalid_argument); json_too_large (too_large); all origin caller.
//          Their text names the byte offset.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/json/value.h"

namespace gatehouse::wire {

struct JsonLimits {
  std::size_t bytes = 64 * 1024 * 1024;
  std::size_t values = 4 * 1024 * 1024;  // keys not counted
  std::size_t depth = 64;
};

struct JsonFacts {
  std::size_t values = 0;
  std::size_t depth = 0;
};

class JsonParser {
 public:
  explicit JsonParser(JsonLimits limits = {});
  ~JsonParser();
  JsonParser(JsonParser&&) noexcept;
  JsonParser& operator=(JsonParser&&) noexcept;

  // The bytes may go once it returns. Small documents allocate nothing after the first.
  Result<JsonValue> parse(std::string_view bytes);
  // Gives the buffers of a large document back; what parse() returned is void then.
  void settle();

  // After a parse that succeeded.
  const JsonFacts& facts() const;
  // After a parse that failed: the byte at which the document went wrong.
  std::size_t fault_offset() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What `gatehouse debug json-check` prints: {"ok":true,"depth":…,"values":…} or {"error":"json_invalid","offset":…}.
struct JsonCheck {
  bool ok = false;
  std::string line;
};
JsonCheck json_check(std::string_view bytes);

}  // namespace gatehouse::wire
