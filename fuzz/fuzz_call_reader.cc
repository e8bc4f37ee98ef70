// Text of an answer that may call tools: however it is cut, the same comes of it, and where it calls none, every byte of it.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/wire/llm/call_reader.h"

namespace {

namespace gw = gatehouse::wire;
using Kind = gw::AnswerPart::Kind;

constexpr std::size_t most_bytes = 4096;

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<gw::AnswerPart> read_all(gw::engine::CallForm form, std::string_view text, std::size_t piece) {
  gw::CallReader reader(form);
  std::vector<gw::AnswerPart> parts, joined;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) reader.push(text.substr(0, piece), parts);
  reader.finish(parts);
  require(!reader.holds());
  for (const gw::AnswerPart& part : parts) {
    const bool joins = part.kind == Kind::text || part.kind == Kind::arguments;
    if (joins && !joined.empty() && joined.back().kind == part.kind)
      joined.back().text += part.text;
    else
      joined.push_back(part);
  }
  return joined;
}

// Calls have a name, then arguments, then an end.
void require_order(const std::vector<gw::AnswerPart>& parts, std::string_view text) {
  bool open = false, called = false;
  std::string shown;
  for (const gw::AnswerPart& part : parts) {
    require(open == (part.kind == Kind::arguments || part.kind == Kind::call_end));
    if (part.kind == Kind::call) require(gw::is_tool_name(part.text));
    if (part.kind == Kind::arguments) require(part.text.front() == '{');
    open = part.kind == Kind::call || part.kind == Kind::arguments;
    called = called || open;
    shown += part.text;
  }
  require(!open && (called || shown == text));
}

}  // namespace

// One byte: the form, and how long the pieces are; the rest is text.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.empty() || text.size() > most_bytes) return 0;
  const auto first = static_cast<unsigned char>(text.front());
  using Form = gw::engine::CallForm;
  const Form form = std::array{Form::tagged, Form::bare, Form::listed, Form::named}[first % 4];
  text.remove_prefix(1);
  const std::vector<gw::AnswerPart> whole = read_all(form, text, text.size() + 1);
  require_order(whole, text);
  require(read_all(form, text, 1) == whole);
  require(read_all(form, text, first / 4 % 16 + 1) == whole);
  return 0;
}
