#include "head_fields.h"

#include <gtest/gtest.h>

#include <string>

#include "test_head.h"

namespace gatehouse::gateway {
namespace {

TEST(GivenRequestId, IsAPlainWord) {
  for (const char* good : {"a", "my-id_1.2", "0", "7f3c9a"}) EXPECT_EQ(given_request_id(head_with({{"X-Request-Id", good}})), good);
  const std::string longest(128, 'x'), longer(129, 'x');
  EXPECT_EQ(given_request_id(head_with({{"x-request-id", longest}})), longest);
  for (const std::string& bad : {std::string(), longer, std::string("a b"), std::string("a\"b"), std::string("a,b"), std::string("é")}) {
    EXPECT_FALSE(given_request_id(head_with({{"X-Request-Id", bad}}))) << bad;
  }
  EXPECT_FALSE(given_request_id(head_with({})));
}

TEST(BringsForm, GoesByTheTypeHoweverItIsWritten) {
  for (const char* form :
       {"application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded", "application/x-www-form-urlencoded ; charset=utf-8"}) {
    EXPECT_TRUE(brings_form(head_with({{"Content-Type", form}}))) << form;
  }
  for (const char* other : {"", "application/json", "application/x-www-form-urlencoded2", "x; application/x-www-form-urlencoded"}) {
    EXPECT_FALSE(brings_form(head_with({{"Content-Type", other}}))) << other;
  }
  EXPECT_FALSE(brings_form(head_with({})));
}

TEST(ExpectedVersion, IsANumberWithOrWithoutQuotes) {
  for (const char* good : {"3", "\"3\"", "\"003\""}) EXPECT_EQ(expected_version(head_with({{"If-Match", good}})).value(), 3U) << good;
  EXPECT_EQ(expected_version(head_with({{"if-match", "4294967295"}})).value(), 4294967295U);
  EXPECT_EQ(expected_version(head_with({})).value(), std::nullopt);
  for (const char* bad : {"", "*", "\"\"", "\"", "-1", "+1", "3 ", "W/\"3\"", "\"3", "3\"", "4294967296", "1, 2", "0x1"}) {
    EXPECT_EQ(expected_version(head_with({{"If-Match", bad}})).error().reason(), "if_match_invalid") << bad;
  }
}

TEST(CacheWish, IsWhatTheStrictestDirectiveSays) {
  EXPECT_EQ(cache_wish(head_with({})), CacheWish::usual);
  for (const char* usual : {"", ",", "max-age=60", "only-if-cached", "x-no-store, no-cachex"}) {
    EXPECT_EQ(cache_wish(head_with({{"Cache-Control", usual}})), CacheWish::usual) << usual;
  }
  for (const char* anew : {"no-cache", "No-Cache", "max-age=0", "max-stale, no-cache ,", "no-cache,max-age=9"}) {
    EXPECT_EQ(cache_wish(head_with({{"cache-control", anew}})), CacheWish::anew) << anew;
  }
  for (const char* none : {"no-store", "NO-STORE", "no-cache, no-store"}) {
    EXPECT_EQ(cache_wish(head_with({{"Cache-Control", none}})), CacheWish::none) << none;
  }
  EXPECT_EQ(cache_wish(head_with({{"Cache-Control", "no-cache"}, {"Cache-Control", "no-store"}})), CacheWish::none);
  EXPECT_EQ(cache_wish(head_with({{"Pragma", "no-cache"}})), CacheWish::usual);
}

TEST(IdempotencyKey, IsPrintableShortAndThereOnce) {
  EXPECT_EQ(idempotency_key(head_with({})).value(), std::nullopt);
  const std::string longest(255, '~'), longer(256, 'x');
  for (const std::string& good : {std::string("a"), std::string("two words"), std::string("\"quoted\""), longest}) {
    EXPECT_EQ(idempotency_key(head_with({{"idempotency-Key", good}})).value(), good);
  }
  for (const std::string& bad : {std::string(), longer, std::string("\xc3\xa9"), std::string("a\tb"), std::string("a\x7f")}) {
    EXPECT_EQ(idempotency_key(head_with({{"Idempotency-Key", bad}})).error().reason(), "idempotency_key_invalid") << bad;
  }
  EXPECT_FALSE(idempotency_key(head_with({{"Idempotency-Key", "a"}, {"Idempotency-Key", "a"}})));
}

}  // namespace
}  // namespace gatehouse::gateway
