#include "windows-service/local_group.h"

#include <memory>
#include <string>
#include <string_view>

namespace reporterd {
namespace {

constexpr const wchar_t* group_name = L"reporter";
constexpr const wchar_t* group_comment = L"May hand telemetry messages to reporterd";

struct BufferFree {
  void operator()(BYTE* buffer) const { NetApiBufferFree(buffer); }
};

}  // namespace

WindowsResult<bool> make_group() {
  std::wstring name = group_name;
  std::wstring comment = group_comment;
  LOCALGROUP_INFO_1 group{name.data(), comment.data()};
  const NET_API_STATUS status =
      NetLocalGroupAdd(nullptr, 1, reinterpret_cast<BYTE*>(&group), nullptr);
  if (status == NERR_GroupExists || status == ERROR_ALIAS_EXISTS) {
    return false;
  }
  if (status != NERR_Success) {
    return refused("cannot make the local group reporter", status);
  }
  return true;
}

bool is_own_group(const LOCALGROUP_INFO_1& group) {
  return group.lgrpi1_comment != nullptr &&
         std::wstring_view(group.lgrpi1_comment) == group_comment;
}

void remove_own_group() {
  BYTE* found = nullptr;
  const NET_API_STATUS status = NetLocalGroupGetInfo(nullptr, group_name, 1, &found);
  const std::unique_ptr<BYTE, BufferFree> group(found);  // wine's is none
  if (status == NERR_Success && group != nullptr &&
      is_own_group(*reinterpret_cast<const LOCALGROUP_INFO_1*>(group.get()))) {
    NetLocalGroupDel(nullptr, group_name);
  }
}

}  // namespace reporterd
