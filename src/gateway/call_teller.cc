#include "call_teller.h"

#include <utility>

namespace gatehouse::gateway {
namespace {

std::size_t bytes_of(const wire::engine::TokenScore& score) { return score.sampled.has_bytes ? score.sampled.text.size() : 0; }

}  // namespace

CallTeller::CallTeller(Answer& answer, wire::engine::CallForm form, std::uint32_t choices)
    : answer_(answer), choices_(choices, Choice(form)) {}

void CallTeller::text(std::uint32_t choice, std::string_view piece, std::span<const wire::engine::TokenScore> scores) {
  Choice& one = choices_.at(choice);
  if (!one.called) one.scores.insert(one.scores.end(), scores.begin(), scores.end());
  one.reader.push(piece, parts_);
  tell(choice, one);
}

void CallTeller::finish(std::uint32_t choice) {
  Choice& one = choices_.at(choice);
  one.reader.finish(parts_);
  tell(choice, one);
  if (one.scores.empty()) return;
  // The beginning of a character that did not come whole.
  due_.assign(one.scores.begin(), one.scores.end());
  one.scores.clear();
  answer_.text(choice, {}, due_);
}

void CallTeller::tell(std::uint32_t index, Choice& choice) {
  for (const wire::AnswerPart& part : parts_) {
    switch (part.kind) {
      case wire::AnswerPart::Kind::text:
        answer_.text(index, part.text, due(choice, part.text.size()));
        break;
      case wire::AnswerPart::Kind::call:
        choice.called = true;
        choice.scores.clear();
        answer_.call(index, part.text);
        break;
      case wire::AnswerPart::Kind::arguments:
        answer_.arguments(index, part.text);
        break;
      case wire::AnswerPart::Kind::call_end:
        answer_.call_end(index);
        break;
    }
  }
  parts_.clear();
}

std::span<const wire::engine::TokenScore> CallTeller::due(Choice& choice, std::size_t told) {
  choice.told += told;
  due_.clear();
  while (!choice.scores.empty() && choice.scored + bytes_of(choice.scores.front()) <= choice.told) {
    choice.scored += bytes_of(choice.scores.front());
    due_.push_back(std::move(choice.scores.front()));
    choice.scores.pop_front();
  }
  return due_;
}

}  // namespace gatehouse::gateway
