// wire/form/form.h — names and values as queries and HTML forms spell them: a=1&b=two+words%21.
// Rules    "+" is a space, %XX a byte; what comes out is UTF-8 without NUL. A name may stand there once. Values are wiped in the end:
//          passwords come so
// Limits   64 KiB, 64 pairs
// Threads  a value
// Errors   form_malformed, form_too_large → invalid_argument, origin caller
// Source   WHATWG URL, application/x-www-form-urlencoded; stricter where it would guess
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/result.h"

namespace gatehouse::wire {

class Form {
 public:
  static Result<Form> parse(std::string_view text);
  Form() = default;
  Form(const Form&) = default;
  Form(Form&&) noexcept = default;
  Form& operator=(const Form&) = default;
  Form& operator=(Form&&) noexcept = default;
  ~Form();

  std::optional<std::string_view> find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& pairs() const { return pairs_; }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

// For one segment of a path, where "+" is itself. Nothing for what is malformed.
std::optional<std::string> unescape_segment(std::string_view text);
// What a value becomes in a query.
void append_escaped(std::string& out, std::string_view value);

}  // namespace gatehouse::wire
