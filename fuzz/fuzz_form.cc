// Queries and forms: whatever comes, it is read or refused; what is read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/wire/form/form.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<wire::Form> form = wire::Form::parse(text);
  if (form) {
    std::string again;
    for (const auto& [name, value] : form->pairs()) {
      if (!again.empty()) again.push_back('&');
      wire::append_escaped(again, name);
      again.push_back('=');
      wire::append_escaped(again, value);
    }
    const Result<wire::Form> second = wire::Form::parse(again);
    if (again.size() <= 64 * 1024 && (!second || second->pairs() != form->pairs())) std::abort();
  }
  const auto segment = wire::unescape_segment(text);
  if (segment) {
    std::string again;
    wire::append_escaped(again, *segment);
    if (wire::unescape_segment(again) != segment) std::abort();
  }
  return 0;
}
