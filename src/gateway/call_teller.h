// gateway/call_teller.h — the text of an answer that may ask for tools, told as what it says and what it asks for.
// Rules    the scores of tokens are told with the text that they make; those of a call, and of what follows it, are not
// Threads  the reactor of the connection
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <vector>

#include "answer.h"
#include "gatehouse/wire/llm/call_reader.h"

namespace gatehouse::gateway {

class CallTeller {
 public:
  CallTeller(Answer& answer, wire::engine::CallForm form, std::uint32_t choices);
  void text(std::uint32_t choice, std::string_view piece, std::span<const wire::engine::TokenScore> scores);
  // The choice has ended: what was held back is told.
  void finish(std::uint32_t choice);

 private:
  struct Choice {
    explicit Choice(wire::engine::CallForm form) : reader(form) {}
    wire::CallReader reader;
    std::deque<wire::engine::TokenScore> scores;  // of what has not been told
    std::size_t told = 0, scored = 0;             // bytes of text, and of the tokens whose scores were told
    bool called = false;
  };
  void tell(std::uint32_t index, Choice& choice);
  // The scores of what has been told by now.
  std::span<const wire::engine::TokenScore> due(Choice& choice, std::size_t told);

  Answer& answer_;
  std::vector<Choice> choices_;
  std::vector<wire::AnswerPart> parts_;        // reused
  std::vector<wire::engine::TokenScore> due_;  // reused
};

}  // namespace gatehouse::gateway
