#include "llama_grammar.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "test_model.h"

namespace gatehouse::adapters {
namespace {

using engine::Token;

class Grammar : public testing::Test {
 protected:
  void SetUp() override {
    vocabulary_ = test_vocabulary();
    ASSERT_NE(vocabulary_, nullptr);
  }
  std::unique_ptr<LlamaGrammar> compile(const std::string& text) {
    auto made = LlamaGrammar::compile(vocabulary_, text);
    EXPECT_TRUE(made.ok());
    return made ? std::move(*made) : nullptr;
  }
  Token token(const std::string& text) {
    const std::array<PromptPart, 1> whole{PromptPart{Author::caller, text}};
    const auto tokens = vocabulary_->tokenise(whole);
    EXPECT_TRUE(tokens && tokens->size() == 1) << text;
    return tokens->back();
  }
  std::vector<float> row_of(std::initializer_list<Token> tokens) {
    std::vector<float> row(vocabulary_->size(), -std::numeric_limits<float>::infinity());
    for (const Token one : tokens) row[static_cast<std::size_t>(one)] = 1;
    return row;
  }
  static std::vector<Token> finite(std::span<const float> row) {
    std::vector<Token> found;
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (std::isfinite(row[i])) found.push_back(static_cast<Token>(i));
    }
    return found;
  }

  std::shared_ptr<const Vocabulary> vocabulary_;
};

TEST_F(Grammar, IsFollowedTokenByToken) {
  const auto grammar = compile("root ::= \"ab\"\n");
  const Token a = token("a"), b = token("b");
  EXPECT_TRUE(grammar->allows(a));
  EXPECT_FALSE(grammar->allows(b));
  EXPECT_EQ(finite(grammar->allowed(row_of({a, b}))), std::vector{a});
  grammar->accept(a);
  EXPECT_EQ(finite(grammar->allowed(row_of({a, b}))), std::vector{b});
  grammar->accept(b);
  EXPECT_TRUE(grammar->allows(vocabulary_->eos()));
  EXPECT_FALSE(grammar->allows(a));
}

TEST_F(Grammar, EndsAnAnswerThatNothingCanGoOnWith) {
  const auto grammar = compile("root ::= \"ab\"\n");
  EXPECT_EQ(finite(grammar->allowed(row_of({token("b")}))), std::vector{vocabulary_->eos()});
  grammar->accept(vocabulary_->eos());
}

TEST_F(Grammar, ThatCannotBeMadeIsRefused) {
  for (const char* text : {"root ::= root \"a\" | \"a\"\n", "root ::= nothing\n", "root\n"}) {
    const auto made = LlamaGrammar::compile(vocabulary_, text);
    ASSERT_FALSE(made.ok()) << text;
    EXPECT_EQ(made.error().reason(), "schema_not_supported");
  }
}

}  // namespace
}  // namespace gatehouse::adapters
