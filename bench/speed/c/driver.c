/* A driver of pcscd whose card answers inside it: what pcscd costs without any socket behind it.
 * The functions are pcsc-lite's IFD handler interface, version 3. */
#include "answer.h"
#include <ifdhandler.h>

RESPONSECODE IFDHCreateChannelByName(DWORD lun, LPSTR name)
{
    (void)lun, (void)name;
    return IFD_SUCCESS;
}
RESPONSECODE IFDHCreateChannel(DWORD lun, DWORD channel)
{
    (void)lun, (void)channel;
    return IFD_SUCCESS;
}
RESPONSECODE IFDHCloseChannel(DWORD lun)
{
    (void)lun;
    return IFD_SUCCESS;
}
RESPONSECODE IFDHGetCapabilities(DWORD lun, DWORD tag, PDWORD length, PUCHAR value)
{
    (void)lun;
    switch (tag) {
    case TAG_IFD_ATR:
        *length = sizeof ATR;
        memcpy(value, ATR, sizeof ATR);
        return IFD_SUCCESS;
    case TAG_IFD_SLOTS_NUMBER: /* as many as vpcd has */
        *length = 1;
        *value = 2;
        return IFD_SUCCESS;
    case TAG_IFD_SLOT_THREAD_SAFE:
    case TAG_IFD_THREAD_SAFE:
    case TAG_IFD_SIMULTANEOUS_ACCESS:
        *length = 1;
        *value = 1;
        return IFD_SUCCESS;
    }
    *length = 0;
    return IFD_ERROR_TAG;
}
RESPONSECODE IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, PUCHAR value)
{
    (void)lun, (void)tag, (void)length, (void)value;
    return IFD_NOT_SUPPORTED;
}
RESPONSECODE IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR a, UCHAR b, UCHAR c)
{
    (void)lun, (void)protocol, (void)flags, (void)a, (void)b, (void)c;
    return IFD_SUCCESS;
}
RESPONSECODE IFDHPowerICC(DWORD lun, DWORD action, PUCHAR atr, PDWORD length)
{
    (void)lun;
    *length = 0;
    if (action != IFD_POWER_DOWN) {
        *length = sizeof ATR;
        memcpy(atr, ATR, sizeof ATR);
    }
    return IFD_SUCCESS;
}
RESPONSECODE IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER sent, PUCHAR command, DWORD length, PUCHAR response,
                               PDWORD got, PSCARD_IO_HEADER received)
{
    (void)lun, (void)sent, (void)received;
    *got = answer(command, (unsigned)length, response);
    return IFD_SUCCESS;
}
RESPONSECODE IFDHControl(DWORD lun, DWORD code, PUCHAR in, DWORD length, PUCHAR out, DWORD room, LPDWORD got)
{
    (void)lun, (void)code, (void)in, (void)length, (void)out, (void)room;
    *got = 0;
    return IFD_ERROR_NOT_SUPPORTED;
}
RESPONSECODE IFDHICCPresence(DWORD lun)
{
    (void)lun;
    return IFD_ICC_PRESENT;
}
