#include "grammar_cache.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "test_model.h"

namespace gatehouse::adapters {
namespace {

using engine::Token;

class Grammars : public testing::Test {
 protected:
  void SetUp() override {
    vocabulary_ = test_vocabulary();
    ASSERT_NE(vocabulary_, nullptr);
  }
  Token token_of(const std::string& text) {
    const std::array<PromptPart, 1> whole{PromptPart{Author::caller, text}};
    const auto tokens = vocabulary_->tokenise(whole);
    EXPECT_TRUE(tokens && tokens->size() == 1) << text;
    return tokens->back();
  }
  // Hundreds are compiled here: on a machine that is busy with other things one of them may take longer than any may.
  static bool has(GrammarCache& cache, std::uint64_t tenant, const std::string& text) {
    bool ok = false;
    for (int tries = 0; !ok && tries < 5; ++tries) ok = cache.grammar(tenant, text).ok();
    return ok;
  }
  static std::string literal_of(std::size_t number) { return "root ::= \"a" + std::to_string(number) + "\"\n"; }

  std::shared_ptr<const Vocabulary> vocabulary_;
};

TEST_F(Grammars, AreCompiledOnceAndBeginAnewForEachAnswer) {
  GrammarCache cache(vocabulary_);
  const std::string text = "root ::= \"ab\"\n";
  auto first = cache.grammar(1, text);
  ASSERT_TRUE(first.ok());
  (*first)->accept(token_of("a"));
  auto second = cache.grammar(1, text);
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(cache.compiled(), 1U);
  EXPECT_TRUE((*second)->allows(token_of("a"))) << "where the first one stands is its own";
  EXPECT_FALSE((*first)->allows(token_of("a")));
}

TEST_F(Grammars, OfATenantAreItsOwn) {
  GrammarCache cache(vocabulary_);
  EXPECT_TRUE(cache.grammar(1, literal_of(1)).ok());
  EXPECT_TRUE(cache.grammar(2, literal_of(1)).ok());
  EXPECT_EQ(cache.compiled(), 2U);
}

TEST_F(Grammars, LastAskedForGoLast) {
  GrammarCache cache(vocabulary_);
  for (std::size_t i = 0; i < most_grammars; ++i) ASSERT_TRUE(has(cache, 1, literal_of(i)));
  ASSERT_TRUE(has(cache, 1, literal_of(0)));
  EXPECT_EQ(cache.compiled(), most_grammars);
  ASSERT_TRUE(has(cache, 1, literal_of(most_grammars)));
  EXPECT_EQ(cache.size(), most_grammars);
  ASSERT_TRUE(has(cache, 1, literal_of(0)));
  EXPECT_EQ(cache.compiled(), most_grammars + 1) << "the first one was asked for again";
  ASSERT_TRUE(has(cache, 1, literal_of(1)));
  EXPECT_EQ(cache.compiled(), most_grammars + 2) << "the second one was not";
}

TEST(GrammarThatGoes, IsTheOldestOfWhoHasMost) {
  const std::vector<GrammarHeld> even{{1, 2}, {2, 2}, {1, 2}, {2, 2}};
  EXPECT_EQ(grammar_that_goes(even), 3U) << "as much as the other, and asked for longest ago";
  const std::vector<GrammarHeld> many{{1, 2}, {1, 2}, {1, 2}, {2, 2}};
  EXPECT_EQ(grammar_that_goes(many), 2U) << "the last one is all that its tenant has";
  const std::vector<GrammarHeld> large{{2, 2}, {1, 9}, {2, 2}, {2, 2}};
  EXPECT_EQ(grammar_that_goes(large), 1U) << "room counts, and not how many there are";
  EXPECT_EQ(grammar_that_goes(std::vector<GrammarHeld>{{1, 1}}), 0U);
}

TEST_F(Grammars, OfATenantAreNotCrowdedOutByAnothers) {
  GrammarCache cache(vocabulary_);
  ASSERT_TRUE(has(cache, 1, literal_of(0)));
  for (std::size_t i = 0; i < 2 * most_grammars; ++i) ASSERT_TRUE(has(cache, 2, literal_of(i)));
  EXPECT_EQ(cache.size(), most_grammars);
  const std::uint64_t before = cache.compiled();
  ASSERT_TRUE(has(cache, 1, literal_of(0)));
  EXPECT_EQ(cache.compiled(), before) << "it is still there";
}

TEST_F(Grammars, TooLongAreNotKept) {
  GrammarCache cache(vocabulary_);
  const std::string text = "root ::= \"ab\"\n" + std::string(most_grammar_bytes, '\n');
  ASSERT_TRUE(cache.grammar(1, text).ok());
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(Grammars, ThatAreRefusedAreNotKept) {
  GrammarCache cache(vocabulary_);
  for (int i = 0; i < 2; ++i) {
    const auto refused = cache.grammar(1, "root ::= nothing\n");
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().reason(), "schema_not_supported");
  }
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace gatehouse::adapters
