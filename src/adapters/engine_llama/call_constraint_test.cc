#include "call_constraint.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "llama_grammar.h"
#include "test_model.h"

namespace gatehouse::adapters {
namespace {

using engine::Token;

class CallConstraintTest : public testing::Test {
 protected:
  void SetUp() override {
    vocabulary_ = test_vocabulary();
    ASSERT_NE(vocabulary_, nullptr);
  }
  std::unique_ptr<CallConstraint> constraint(std::string_view mark, MarkPlace place = MarkPlace::anywhere) {
    auto grammar = LlamaGrammar::compile(vocabulary_, "root ::= \"ab\"\n");
    EXPECT_TRUE(grammar.ok());
    return std::make_unique<CallConstraint>(vocabulary_, mark, place, std::move(*grammar));
  }
  std::vector<Token> tokens(const std::string& text) {
    const std::array<PromptPart, 1> whole{PromptPart{Author::caller, text}};
    return *vocabulary_->tokenise(whole);
  }
  Token token(const std::string& text) {
    const std::vector<Token> found = tokens(text);
    EXPECT_EQ(found.size(), 1U) << text;
    return found.front();
  }
  void say(engine::Constraint& constraint, const std::string& text) {
    for (const Token one : tokens(text)) {
      EXPECT_TRUE(constraint.allows(one)) << vocabulary_->piece(one);
      constraint.accept(one);
    }
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
};

TEST_F(CallConstraintTest, AllowsAnythingUntilACallBegins) {
  const auto made = constraint("<call>");
  say(*made, "Hello < world <<call");
  EXPECT_TRUE(made->allows(token("b")));
  EXPECT_TRUE(made->allows(vocabulary_->eos()));
  say(*made, ">");
  EXPECT_FALSE(made->allows(token("b")));
  EXPECT_FALSE(made->allows(vocabulary_->eos()));
  say(*made, "a");
  const auto other = made->copy();
  EXPECT_TRUE(other->allows(token("b")));
  EXPECT_FALSE(other->allows(token("a")));
}

TEST_F(CallConstraintTest, NoTokenGoesOnBeyondTheMark) {
  const auto made = constraint("a-");
  const Token beyond = token("--"), within = token("-");
  say(*made, "a");
  EXPECT_FALSE(made->allows(beyond));
  std::vector<float> row(vocabulary_->size(), 0.0F);
  const std::span<const float> left = made->allowed(row);
  EXPECT_FALSE(std::isfinite(left[static_cast<std::size_t>(beyond)]));
  EXPECT_TRUE(std::isfinite(left[static_cast<std::size_t>(within)]));
  EXPECT_TRUE(std::isfinite(left[static_cast<std::size_t>(token("b"))]));
  made->accept(within);
  EXPECT_TRUE(made->allows(token("a")));
  EXPECT_FALSE(made->allows(token("b")));
}

TEST_F(CallConstraintTest, AMarkAtTheBeginningIsNoneLater) {
  const auto late = constraint("<call>", MarkPlace::beginning);
  say(*late, "x<call>");
  EXPECT_TRUE(late->allows(token("b")));
  const auto early = constraint("<call>", MarkPlace::beginning);
  say(*early, "\n <call>");
  EXPECT_FALSE(early->allows(token("b")));
}

}  // namespace
}  // namespace gatehouse::adapters
