// adapters/engine_llama/call_constraint.h — an answer that may say anything, until a call of a tool begins; that follows a grammar.
// Rules    the grammar begins where the mark ends: a token that goes on beyond the mark is not allowed
// Cost     before the mark a few steps a byte of each token; the grammar is not asked
// Threads  made on the prepare thread, then the engine loop's alone
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gatehouse/engine/sequence_model.h"
#include "vocabulary.h"

namespace gatehouse::adapters {

// Where the mark may stand.
enum class MarkPlace : std::uint8_t { anywhere, beginning };

class CallConstraint final : public engine::Constraint {
 public:
  // mark: not empty, and nothing of it but its first byte begins it again. grammar: of what follows.
  CallConstraint(std::shared_ptr<const Vocabulary> vocabulary, std::string_view mark, MarkPlace place,
                 std::unique_ptr<engine::Constraint> grammar)
      : vocabulary_(std::move(vocabulary)), mark_(mark), place_(place), grammar_(std::move(grammar)) {}

  bool allows(engine::Token token) override;
  std::span<const float> allowed(std::span<const float> row) override;
  void accept(engine::Token token) override;
  std::unique_ptr<engine::Constraint> copy() const override;

 private:
  // How much of the mark the text ends with; all of it: the call begins. never: there is no call any more.
  static constexpr std::size_t never = static_cast<std::size_t>(-1);
  bool begun() const { return matched_ == mark_.size(); }
  std::size_t step(std::size_t matched, char byte) const;
  bool goes_beyond(engine::Token token) const;

  const std::shared_ptr<const Vocabulary> vocabulary_;
  const std::string mark_;
  const MarkPlace place_;
  const std::unique_ptr<engine::Constraint> grammar_;
  std::size_t matched_ = 0;
  std::vector<float> row_;
};

}  // namespace gatehouse::adapters
