"""Fourier transforms."""


def _line(name, data):
    return f"""
fft.{name}
    np.fft.{name}({data})
    np.fft.{name}({data}, n=3)
    np.fft.{name}({data}, n=7, axis=0)
    np.fft.{name}({data}, norm='ortho')
    np.fft.{name}({data}, axis=0, norm='forward')
    np.fft.{name}({data}, out=buffer(np.fft.{name}({data}).shape, dtype=np.fft.{name}({data}).dtype))
"""


def _many(name, data, axes):
    calls = f"""
fft.{name}
    np.fft.{name}({data})
    np.fft.{name}({data}, s=(3, 5), axes={axes})
    np.fft.{name}({data}, norm='ortho')
    np.fft.{name}({data}, axes={axes}, norm='forward')
"""
    return calls


CALLS = (
    "".join(
        _line(n, d) for n, d in [("fft", "C"), ("ifft", "C"), ("rfft", "A"), ("irfft", "C"), ("hfft", "C")]
    )
    + _line("ihfft", "A")
    + _line("fft", "A")
    + "".join(_many(n, "C", "(0, 1)") for n in ("fft2", "ifft2", "irfft2", "fftn", "ifftn", "irfftn"))
    + "".join(_many(n, "T", "(0, 2)") for n in ("rfft2", "rfftn", "fftn", "fft2"))
    + """
fft.fftshift
    np.fft.fftshift(A)
    np.fft.fftshift(A, axes=1)
fft.ifftshift
    np.fft.ifftshift(A)
    np.fft.ifftshift(A, axes=(0,))
fft.fftfreq
    np.fft.fftfreq(5, d=s)
    np.fft.fftfreq(5)
fft.rfftfreq
    np.fft.rfftfreq(5, d=s)
"""
)
