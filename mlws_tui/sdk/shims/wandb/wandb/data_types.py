"""Where libraries look for what is no number."""

from . import Audio as Audio
from . import Histogram as Histogram
from . import Html as Html
from . import Image as Image
from . import Molecule as Molecule
from . import Object3D as Object3D
from . import Plotly as Plotly
from . import Table as Table
from . import Video as Video
