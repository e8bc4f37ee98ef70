#include "gatehouse/model/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

namespace gatehouse::model {
namespace {

using testing::HasSubstr;

// Writes a head, as llama.cpp does.
class Head {
 public:
  template <class T>
  Head& number(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Head& text(std::string_view value) {
    number<std::uint64_t>(value.size());
    bytes.append(value);
    return *this;
  }
  Head& begin(std::uint64_t tensors, std::uint64_t pairs, std::uint32_t version = 3) {
    bytes += "GGUF";
    return number(version).number(tensors).number(pairs);
  }
  Head& pair(std::string_view key, std::string_view value) { return text(key).number<std::uint32_t>(8).text(value); }
  Head& pair(std::string_view key, std::uint32_t value) { return text(key).number<std::uint32_t>(4).number(value); }
  Head& words(std::string_view key, std::initializer_list<std::string_view> values) {
    text(key).number<std::uint32_t>(9).number<std::uint32_t>(8).number<std::uint64_t>(values.size());
    for (const std::string_view value : values) text(value);
    return *this;
  }
  Head& numbers(std::string_view key, std::initializer_list<std::uint32_t> values) {
    text(key).number<std::uint32_t>(9).number<std::uint32_t>(4).number<std::uint64_t>(values.size());
    for (const std::uint32_t value : values) number(value);
    return *this;
  }
  Head& tensor(std::string_view name, std::initializer_list<std::uint64_t> extents, std::uint32_t type, std::uint64_t offset) {
    text(name).number(static_cast<std::uint32_t>(extents.size()));
    for (const std::uint64_t extent : extents) number(extent);
    return number(type).number(offset);
  }
  std::string bytes;
};

// 2 layers, 4 heads of 16, 2 of them for keys and values.
Head small() {
  Head head;
  head.begin(2, 9).pair("general.architecture", "llama").pair("llama.block_count", 2U).pair("llama.embedding_length", 64U);
  head.pair("llama.attention.head_count", 4U).pair("llama.attention.head_count_kv", 2U).pair("llama.context_length", 2048U);
  head.words("tokenizer.ggml.tokens", {"a", "b", "c"}).numbers("llama.other", {1, 2});
  head.pair("tokenizer.chat_template", "{{ messages }}");
  return head.tensor("a", {64, 32}, 0, 0).tensor("b", {64, 32}, 8, 8192);
}
constexpr std::uint64_t small_tensors = 8192 + 64 * 32 / 32 * 34;

Result<GgufHead> parse(const std::string& bytes, std::uint64_t behind = small_tensors + 64) {
  return parse_gguf_head(bytes, bytes.size() + behind);
}
std::string said(const Result<GgufHead>& head) { return head ? "well" : head.error().public_text(); }

TEST(GgufHead, SaysWhatTheModelIs) {
  const Result<GgufHead> head = parse(small().bytes);
  ASSERT_TRUE(head.ok()) << said(head);
  EXPECT_EQ(head->architecture, "llama");
  EXPECT_EQ(head->tensors, 2U);
  EXPECT_EQ(head->tensor_bytes, small_tensors);
  EXPECT_EQ(head->context, 2048U);
  EXPECT_EQ(head->vocabulary, 3U);
  EXPECT_EQ(head->cell_bytes, 2U * 2 * (16 + 16) * 2);
  EXPECT_TRUE(head->has_chat_template);
  EXPECT_EQ(head->layout, "f32") << "8,192 bytes of it, and 2,176 of q8_0";
}

TEST(GgufHead, HeadsOfKeysMayDifferFromLayerToLayer) {
  Head head;
  head.begin(0, 5).pair("general.architecture", "x").pair("x.block_count", 3U).numbers("x.attention.head_count_kv", {4, 0, 2});
  head.pair("x.attention.key_length", 10U).pair("x.attention.value_length", 6U);
  const Result<GgufHead> read = parse(head.bytes);
  ASSERT_TRUE(read.ok()) << said(read);
  EXPECT_EQ(read->cell_bytes, 6U * 16 * 2);
}

TEST(GgufHead, OfWhatIsNoneSaysSo) {
  EXPECT_THAT(said(parse("PK\3\4 this is an archive, and long enough")), HasSubstr("no GGUF"));
  EXPECT_THAT(said(parse("")), HasSubstr("no GGUF"));
  EXPECT_THAT(said(parse(Head().begin(0, 0, 1).bytes)), HasSubstr("version 1"));
  EXPECT_THAT(said(parse(Head().begin(0, 0).bytes)), HasSubstr("no architecture"));
  EXPECT_EQ(parse(Head().begin(1, 1).pair("general.architecture", "x").tensor("t", {32}, 4, 0).bytes).error().reason(), "gguf_unsupported");
}

TEST(GgufHead, CutAnywhereIsCutShort) {
  const std::string whole = small().bytes;
  for (std::size_t length = 4; length < whole.size(); ++length) {
    EXPECT_EQ(parse_gguf_head(whole.substr(0, length), length).ok(), false) << length;
  }
  EXPECT_THAT(said(parse_gguf_head(whole, whole.size() + small_tensors / 2)), HasSubstr("cut short"));
}

TEST(GgufHead, ClaimsThatOverflowAreRefused) {
  const std::uint64_t huge = ~std::uint64_t{0};
  EXPECT_FALSE(parse(Head().begin(huge, 0).bytes).ok());
  EXPECT_FALSE(parse(Head().begin(0, huge).pair("general.architecture", "x").bytes).ok());
  EXPECT_FALSE(parse(Head().begin(0, 1).number(huge).bytes).ok());
  const auto of_tensor = [](std::initializer_list<std::uint64_t> extents, std::uint64_t offset) {
    return parse(Head().begin(1, 1).pair("general.architecture", "x").tensor("t", extents, 0, offset).bytes).ok();
  };
  EXPECT_TRUE(of_tensor({16}, 0));
  EXPECT_FALSE(of_tensor({huge}, 0));
  EXPECT_FALSE(of_tensor({std::uint64_t{1} << 32U, std::uint64_t{1} << 32U}, 0));
  EXPECT_FALSE(of_tensor({16}, huge - 8));
  EXPECT_FALSE(of_tensor({0}, 0));
  Head list;
  list.begin(0, 1).text("x").number<std::uint32_t>(9).number<std::uint32_t>(4).number(huge);
  EXPECT_FALSE(parse(list.bytes).ok());
}

TEST(GgufHead, WhateverIsChangedInItNothingBreaks) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  const std::string whole = small().bytes;
  for (int i = 0; i < 10'000; ++i) {
    std::string mutated = whole;
    for (unsigned n = 1 + random() % 8; n > 0; --n) mutated[random() % mutated.size()] = static_cast<char>(random());
    const Result<GgufHead> head = parse(mutated);
    if (head) {
      EXPECT_LE(head->tensor_bytes, small_tensors + 64) << seed;
    }
  }
}

TEST(GgufHead, IsReadFromAFile) {
  const Fd file(memfd_create("model", MFD_CLOEXEC));
  const std::string bytes = small().bytes + std::string(small_tensors + 64, '\0');
  ASSERT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  EXPECT_TRUE(read_gguf_head(file).ok());
  ASSERT_EQ(ftruncate(file.get(), static_cast<off_t>(bytes.size() / 2)), 0);
  EXPECT_THAT(said(read_gguf_head(file)), HasSubstr("cut short"));
}

TEST(MemoryNeeded, IsWeightsCacheAndSomeRoom) {
  constexpr std::uint64_t mib = 1024 * 1024;
  EXPECT_EQ(memory_needed(80 * mib, 1024, 4096), 80 * mib + 10 * mib + 4 * mib + 128 * mib);
}

}  // namespace
}  // namespace gatehouse::model
