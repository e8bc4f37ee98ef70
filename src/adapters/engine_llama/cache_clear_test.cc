#include "cache_clear.h"

#include <ggml-backend.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string_view>
#include <vector>

#include "test_model.h"

namespace gatehouse::adapters {
namespace {

constexpr std::size_t mib = std::size_t{1} << 20;
constexpr nanoseconds for_ever = std::chrono::hours(1), not_at_all = -for_ever;

// Each is as the one before it, and the first is the value: two comparisons of memory, however large.
bool all_are(std::span<const std::byte> bytes, int value) {
  if (bytes.empty() || bytes.front() != std::byte(value)) return bytes.empty();
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.substr(1) == text.substr(0, text.size() - 1);
}

class CacheClearTest : public testing::TestWithParam<std::pair<unsigned, nanoseconds>> {};

TEST_P(CacheClearTest, ClearsAllOfABufferAndNothingBesideIt) {
  for (const std::size_t bytes : {6 * mib + 1, 70 * mib - 3}) {
    for (const std::size_t beside : {std::size_t{64}, std::size_t{4095}, 3 * mib}) {
      std::vector<std::byte> memory(bytes + 2 * beside, std::byte{0x5a});
      const std::span<std::byte> buffer = std::span(memory).subspan(beside, bytes);
      CacheClear clearing(GetParam().first, GetParam().second);
      ASSERT_TRUE(clearing.clear(buffer));
      EXPECT_EQ(clearing.cleared(), bytes);
      EXPECT_EQ(clearing.left() > 0, GetParam().second == not_at_all) << clearing.left();
      EXPECT_TRUE(all_are(buffer, 0)) << bytes << " behind " << beside;
      EXPECT_TRUE(all_are(std::span(memory).first(beside), 0x5a) && all_are(std::span(memory).last(beside), 0x5a));
      std::ranges::fill(buffer, std::byte{1});
      EXPECT_TRUE(all_are(buffer, 1));
    }
  }
}
INSTANTIATE_TEST_SUITE_P(ThreadsAndTimes, CacheClearTest,
                         testing::Values(std::pair(1U, for_ever), std::pair(3U, for_ever), std::pair(1U, not_at_all),
                                         std::pair(3U, not_at_all)));

TEST(CacheClear, LeavesWhatIsSmallToTheLibrary) {
  std::vector<std::byte> memory(mib, std::byte{7});
  CacheClear clearing(2);
  EXPECT_FALSE(clearing.clear(memory));
  EXPECT_FALSE(clearing.clear({}));
  EXPECT_TRUE(all_are(memory, 7));
  EXPECT_EQ(clearing.cleared(), 0U);
}

TEST(CacheClear, StandsInFrontOfTheLibrarysOwn) {
  const std::unique_ptr<ggml_backend_buffer, decltype(&ggml_backend_buffer_free)> buffer(
      ggml_backend_buft_alloc_buffer(ggml_backend_cpu_buffer_type(), 20 * mib), &ggml_backend_buffer_free);
  const std::span bytes(static_cast<std::byte*>(ggml_backend_buffer_get_base(buffer.get())), ggml_backend_buffer_get_size(buffer.get()));
  ggml_backend_buffer_clear(buffer.get(), 0);
  EXPECT_TRUE(all_are(bytes, 0));
  CacheClear clearing(2);
  ggml_backend_buffer_clear(buffer.get(), 9);
  EXPECT_TRUE(all_are(bytes, 9)) << "another value is the library's";
  EXPECT_EQ(clearing.cleared(), 0U);
  ggml_backend_buffer_clear(buffer.get(), 0);
  EXPECT_TRUE(all_are(bytes, 0));
  EXPECT_EQ(clearing.cleared(), bytes.size());
}

// It is libllama that has to find ours, through its own table.
TEST(CacheClear, ClearsTheCacheOfAModel) {
  ASSERT_TRUE(load_cpu_backends(library_directory()).ok());
  const ModelHandle model(llama_model_load_from_file(test_model_path().c_str(), llama_model_default_params()), FreeModel());
  ASSERT_NE(model, nullptr) << test_model_advice();
  llama_context_params params = llama_context_default_params();
  params.n_ctx = 2048;
  constexpr std::size_t cell_bytes = 23040;
  CacheClear clearing(2);
  const ContextHandle context(llama_init_from_model(model.get(), params));
  ASSERT_NE(context, nullptr);
  EXPECT_GE(clearing.cleared(), params.n_ctx * cell_bytes);
}

}  // namespace
}  // namespace gatehouse::adapters
