// net/answer_head.h — the head of an answer as bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "gatehouse/base/clock.h"
#include "gatehouse/net/exchange.h"

namespace gatehouse::net {

enum class After { keep, keep_on_http10, close };  // what the Connection field says
enum class BodyForm { length, chunked, until_close };

bool has_no_body(int status);  // 204, 304
void append_answer_head(std::string& out, const Response& response, BodyForm form, After after, std::string_view server_and_date);
void append_chunk(std::string& out, std::string_view piece);

// "Server: …\r\nDate: …\r\n", made anew once a second.
class ServerAndDate {
 public:
  explicit ServerAndDate(const Clock& clock) : clock_(clock) {}
  std::string_view text(Instant now);

 private:
  const Clock& clock_;
  Instant valid_until_ = Instant::min();
  std::string text_;
};

}  // namespace gatehouse::net
