// Calls to limits as text: whatever comes, each line is answered or refused, and what is answered keeps to what the limit is.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "gatehouse/base/words.h"
#include "gatehouse/limits/replay.h"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(std::string_view answer) {
  const std::string_view word = gatehouse::take_until(answer, ' '), remaining = gatehouse::take_until(answer, ' ');
  const std::string_view reset = gatehouse::take_until(answer, ' ');
  require(word == "admit" || word == "refuse");
  require(gatehouse::all_digits(remaining));
  require(reset != "-" && !reset.empty());
  require(word == "admit" ? answer == "0" : answer != "0" && !answer.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  gatehouse::limits::Replay replay;
  for (std::string_view rest(reinterpret_cast<const char*>(bytes), size); !rest.empty();) {
    const auto answer = replay.answer(gatehouse::take_until(rest, '\n'));
    if (answer) check(*answer);
    require(answer || answer.error().reason() == "bad_call");
  }
  return 0;
}
