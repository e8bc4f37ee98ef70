#include "call_constraint.h"

#include <limits>

namespace gatehouse::adapters {
namespace {

constexpr std::string_view blanks_before_calls = " \t\r\n";

}  // namespace

bool CallConstraint::allows(engine::Token token) { return begun() ? grammar_->allows(token) : !goes_beyond(token); }

std::span<const float> CallConstraint::allowed(std::span<const float> row) {
  if (begun()) return grammar_->allowed(row);
  row_.assign(row.begin(), row.end());
  for (std::size_t i = 0; i < row_.size(); ++i) {
    if (goes_beyond(static_cast<engine::Token>(i))) row_[i] = -std::numeric_limits<float>::infinity();
  }
  return row_;
}

void CallConstraint::accept(engine::Token token) {
  if (begun()) return grammar_->accept(token);
  for (const char byte : vocabulary_->piece(token)) matched_ = step(matched_, byte);
}

std::unique_ptr<engine::Constraint> CallConstraint::copy() const {
  auto made = std::make_unique<CallConstraint>(vocabulary_, mark_, place_, grammar_->copy());
  made->matched_ = matched_;
  return made;
}

std::size_t CallConstraint::step(std::size_t matched, char byte) const {
  if (matched == never || matched == mark_.size()) return matched;
  if (mark_[matched] == byte) return matched + 1;
  if (place_ == MarkPlace::anywhere) return byte == mark_.front() ? 1 : 0;
  return matched == 0 && blanks_before_calls.find(byte) != std::string_view::npos ? 0 : never;
}

bool CallConstraint::goes_beyond(engine::Token token) const {
  const std::string_view piece = vocabulary_->piece(token);
  std::size_t matched = matched_;
  for (std::size_t i = 0; i < piece.size(); ++i) {
    matched = step(matched, piece[i]);
    if (matched == mark_.size()) return i + 1 < piece.size();
  }
  return false;
}

}  // namespace gatehouse::adapters
