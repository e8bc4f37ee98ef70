#include "gatehouse/limits/plan.h"

#include <gtest/gtest.h>

namespace gatehouse::limits {
namespace {

Asked asked_by(std::uint32_t tenant, std::uint32_t key, std::uint64_t user) {
  Asked asked;
  asked.names = {"acme", "member", user != 0 ? "u" : "", key != 0 ? "k" : "", "small", "/v1/chat/completions"};
  asked.tenant = tenant;
  asked.key = key;
  asked.model = 3;
  asked.route = 9;
  asked.user = {user, ~user};
  return asked;
}

Rule rule_for(Selected what, const std::string& whom) {
  Rule rule;
  rule.limit = SlidingWindow{10, seconds(60)};
  rule.only[static_cast<std::size_t>(what)] = whom;
  return rule;
}

TEST(Plan, ARuleConcernsWhatItNames) {
  const Asked asked = asked_by(1, 0, 7);
  EXPECT_TRUE(concerns(Rule(), asked));
  EXPECT_TRUE(concerns(rule_for(Selected::tenant, "acme"), asked));
  EXPECT_FALSE(concerns(rule_for(Selected::tenant, "acme2"), asked));
  EXPECT_TRUE(concerns(rule_for(Selected::model, "*"), asked));
  EXPECT_FALSE(concerns(rule_for(Selected::key, "*"), asked)) << "there is no key to count";
  EXPECT_TRUE(concerns(rule_for(Selected::role, "member"), asked));
  EXPECT_FALSE(concerns(rule_for(Selected::role, "tenant-admin"), asked));
}

TEST(Plan, ARuleMayBeForKeysOrForPeopleAlone) {
  Rule keys, people;
  keys.for_whom = ForWhom::who_has_a_key;
  people.for_whom = ForWhom::who_has_none;
  EXPECT_TRUE(concerns(keys, asked_by(1, 5, 7)));
  EXPECT_FALSE(concerns(keys, asked_by(1, 0, 7)));
  EXPECT_FALSE(concerns(people, asked_by(1, 5, 7)));
  EXPECT_TRUE(concerns(people, asked_by(1, 0, 7)));
}

TEST(Plan, ACallThatMakesNoTokensIsNothingToRulesOfThem) {
  Rule generation, tokens;
  generation.tokens_alone = true;
  tokens.counted = Counted::tokens;
  Asked asked = asked_by(1, 5, 7);
  EXPECT_TRUE(concerns(generation, asked));
  asked.makes_tokens = false;
  EXPECT_FALSE(concerns(generation, asked));
  EXPECT_TRUE(concerns(tokens, asked)) << "it may read some";
  asked.counts_tokens = false;
  EXPECT_FALSE(concerns(tokens, asked));
  EXPECT_TRUE(concerns(Rule(), asked));
}

TEST(Plan, WhatIsNamedIsCountedTogetherAndAStarEachForItself) {
  const Rule together = rule_for(Selected::tenant, "acme"), apart = rule_for(Selected::tenant, "*");
  EXPECT_EQ(subject_of(together, asked_by(1, 5, 7)), subject_of(together, asked_by(2, 6, 8)));
  EXPECT_EQ(subject_of(apart, asked_by(1, 5, 7)), subject_of(apart, asked_by(1, 6, 8)));
  EXPECT_NE(subject_of(apart, asked_by(1, 5, 7)), subject_of(apart, asked_by(2, 5, 7)));
}

TEST(Plan, EachCredentialIsAKeyOrElseAUser) {
  Rule rule;
  rule.each_credential = true;
  EXPECT_EQ(subject_of(rule, asked_by(1, 5, 7)), subject_of(rule, asked_by(1, 5, 8)));
  EXPECT_NE(subject_of(rule, asked_by(1, 5, 7)), subject_of(rule, asked_by(1, 6, 7)));
  EXPECT_EQ(subject_of(rule, asked_by(1, 0, 7)), subject_of(rule, asked_by(2, 0, 7)));
  EXPECT_NE(subject_of(rule, asked_by(1, 0, 7)), subject_of(rule, asked_by(1, 0, 8)));
}

TEST(Plan, SeveralStarsTellEveryCombinationApart) {
  Rule rule = rule_for(Selected::tenant, "*");
  rule.only[static_cast<std::size_t>(Selected::key)] = "*";
  rule.only[static_cast<std::size_t>(Selected::model)] = "*";
  Asked other_model = asked_by(1, 5, 7);
  other_model.model = 4;
  EXPECT_NE(subject_of(rule, asked_by(1, 5, 7)), subject_of(rule, other_model));
  EXPECT_NE(subject_of(rule, asked_by(1, 5, 7)), subject_of(rule, asked_by(5, 1, 7))) << "a tenant is not a key";
}

TEST(Plan, SaysItInWords) {
  EXPECT_EQ(in_words(SlidingWindow{10, seconds(60)}, Counted::calls), "10 per 1 minute");
  EXPECT_EQ(in_words(SlidingWindow{100, seconds(90)}, Counted::calls), "100 per 90 seconds");
  EXPECT_EQ(in_words(SlidingWindow{60000, seconds(60)}, Counted::tokens), "60000 tokens per 1 minute");
  EXPECT_EQ(in_words(Concurrency{5}, Counted::calls), "5 at once");
  Allowance quota;
  quota.amount = 1000;
  EXPECT_EQ(in_words(quota, Counted::calls), "1000 per day");
  EXPECT_EQ(describe(rule_for(Selected::tenant, "acme")), "10 per 1 minute, tenant acme");
  EXPECT_EQ(describe(rule_for(Selected::model, "*")), "10 per 1 minute, each model");
}

}  // namespace
}  // namespace gatehouse::limits
