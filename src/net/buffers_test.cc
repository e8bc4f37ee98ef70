// What a connection holds of bytes that come and bytes that go.
#include <gmock/gmock.h>

#include <cstring>
#include <numeric>
#include <random>

#include "input_buffer.h"
#include "make_empty.h"
#include "output_queue.h"

namespace gatehouse::net {
namespace {

void fill(InputBuffer& buffer, std::string_view bytes) {
  const std::span<char> room = buffer.room();
  ASSERT_GE(room.size(), bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  buffer.commit(bytes.size());
}

TEST(InputBuffer, GivesBackWhatCameInOrder) {
  InputBuffer buffer;
  EXPECT_EQ(buffer.view(), "");
  fill(buffer, "abc");
  fill(buffer, "def");
  EXPECT_EQ(buffer.view(), "abcdef");
  buffer.consume(4);
  EXPECT_EQ(buffer.view(), "ef");
  EXPECT_EQ(buffer.size(), 2U);
  buffer.clear();
  EXPECT_EQ(buffer.view(), "");
}

TEST(InputBuffer, GrowsOnlyForAClientThatFillsIt) {
  InputBuffer buffer;
  EXPECT_EQ(buffer.room().size(), InputBuffer::small);
  fill(buffer, std::string(InputBuffer::small, 'a'));
  EXPECT_EQ(buffer.room().size(), InputBuffer::large - InputBuffer::small);
  EXPECT_EQ(buffer.view(), std::string(InputBuffer::small, 'a'));
}

TEST(InputBuffer, MovesWhatIsLeftToTheFrontBeforeItGrows) {
  InputBuffer buffer;
  fill(buffer, std::string(100, 'a'));
  fill(buffer, std::string(InputBuffer::small - 101, 'b'));
  buffer.consume(100);
  EXPECT_EQ(buffer.room().size(), 1U);
  fill(buffer, "c");
  EXPECT_FALSE(buffer.full());
  EXPECT_GE(buffer.room().size(), 100U);
  EXPECT_EQ(buffer.size(), InputBuffer::small - 100);
  EXPECT_TRUE(buffer.view().starts_with("bb") && buffer.view().ends_with("bc"));
}

TEST(InputBuffer, IsFullAtItsLargestAndHasRoomAgainBehindWhatIsConsumed) {
  InputBuffer buffer;
  while (!buffer.full()) buffer.commit(buffer.room().size());
  EXPECT_EQ(buffer.size(), InputBuffer::large);
  buffer.consume(10);
  EXPECT_EQ(buffer.room().size(), 10U);
}

TEST(InputBuffer, GivesItsMemoryBackWithoutLosingAnything) {
  InputBuffer buffer;
  fill(buffer, std::string(InputBuffer::small, 'a'));
  fill(buffer, "tail");
  buffer.settle();  // too much is held
  EXPECT_EQ(buffer.size(), InputBuffer::small + 4);
  buffer.consume(InputBuffer::small);
  buffer.settle();
  EXPECT_EQ(buffer.view(), "tail");
  EXPECT_EQ(buffer.room().size(), InputBuffer::small - 4);
  buffer.settle();
  EXPECT_EQ(buffer.view(), "tail");
}

// Against a plain string that does the same.
TEST(InputBuffer, HoldsWhatAStringWouldHold) {
  constexpr unsigned seed = 20240229;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  InputBuffer buffer;
  std::string model;
  std::string bytes(InputBuffer::large + 256, '\0');  // every value in turn; where the next ones begin goes on
  std::iota(bytes.begin(), bytes.end(), '\0');
  std::uint8_t next = 0;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 64 == 0) buffer.settle();
    if (!buffer.full() && random() % 2 == 0) {
      const std::span<char> room = buffer.room();
      ASSERT_GT(room.size(), 0U);
      const std::size_t n = random() % 4 == 0 ? room.size() : random() % (room.size() + 1);
      std::memcpy(room.data(), bytes.data() + next, n);
      model.append(room.data(), n);
      next = static_cast<std::uint8_t>(next + n);
      buffer.commit(n);
    } else {
      const std::size_t n = random() % 3 == 0 ? model.size() : random() % (model.size() + 1);
      buffer.consume(n);
      model.erase(0, n);
    }
    ASSERT_EQ(buffer.view(), model);
  }
}

TEST(OutputQueue, ForgetsWhatWasTaken) {
  OutputQueue queue;
  queue.tail() += "abcdef";
  queue.took(2);
  EXPECT_EQ(queue.unsent(), "cdef");
  EXPECT_EQ(queue.size(), 4U);
  queue.tail() += "gh";
  EXPECT_EQ(queue.unsent(), "cdefgh");
  queue.took(6);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.sent(), 8U);
}

TEST(OutputQueue, CountsNotAsSentWhatWasDropped) {
  OutputQueue queue;
  queue.tail() += "abcdef";
  queue.took(2);
  queue.clear();
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.sent(), 2U);
  queue.tail() += "gh";
  EXPECT_EQ(queue.unsent(), "gh");
}

TEST(MakeEmpty, GivesLargeMemoryBackAndKeepsSmall) {
  std::string bytes(1000, 'x');
  const std::size_t before = bytes.capacity();
  make_empty(bytes, before);
  EXPECT_EQ(bytes, "");
  EXPECT_EQ(bytes.capacity(), before);
  bytes.assign(before, 'x');
  make_empty(bytes, before - 1);
  EXPECT_EQ(bytes, "");
  EXPECT_LT(bytes.capacity(), before);
}

// A client that always leaves a little must not make the server keep everything it ever took.
TEST(OutputQueue, HoldsLittleMoreThanIsUnsent) {
  OutputQueue queue;
  const std::string piece(10'000, 'x');
  std::size_t most = 0;
  for (int i = 0; i < 1000; ++i) {
    queue.tail() += piece;
    if (queue.size() > 15'000) queue.took(10'000);
    most = std::max(most, queue.tail().size());
  }
  EXPECT_EQ(queue.size(), 10'000U);
  EXPECT_EQ(queue.sent(), 1000 * 10'000 - queue.size());
  EXPECT_LT(most, 128 * 1024U);
  queue.took(queue.size());
  EXPECT_LE(queue.tail().capacity(), 16 * 1024U);
}

}  // namespace
}  // namespace gatehouse::net
